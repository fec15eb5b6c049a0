// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

namespace a2a_backup {

/// This program's version, such as "0.1.0".
std::string_view version();

}  // namespace a2a_backup
