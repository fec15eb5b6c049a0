// SPDX-License-Identifier: MIT
/// The manual page.
#pragma once

#include <string>

#include "a2a_backup/cli/command_tree.hpp"

namespace a2a_backup {

/// a2a-backup.1, in the man(7) macros. `date` is YYYY-MM-DD.
std::string man_page(const CommandInfo& program, const std::string& date);

}  // namespace a2a_backup
