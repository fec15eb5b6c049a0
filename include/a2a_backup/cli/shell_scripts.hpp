// SPDX-License-Identifier: MIT
/// The scripts that make shells ask this program what could stand next.
#pragma once

#include <string_view>

namespace a2a_backup {

/// For "bash", "zsh" or "fish".
std::string_view completion_script(std::string_view shell);

}  // namespace a2a_backup
