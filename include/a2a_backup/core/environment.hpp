// SPDX-License-Identifier: MIT
/// Variables of the environment.
#pragma once

#include <string>

namespace a2a_backup {

/// The value of the variable `name`, or "" when it is not set.
std::string environment(const std::string& name);

}  // namespace a2a_backup
