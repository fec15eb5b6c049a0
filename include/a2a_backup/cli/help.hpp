// SPDX-License-Identifier: MIT
/// What --help prints: at most 80 columns, the command's own options first.
#pragma once

#include <string>
#include <string_view>

#include "a2a_backup/cli/command_tree.hpp"

namespace a2a_backup {

/// The help of the whole program, and of one command of it.
std::string program_help(const CommandInfo& program);
std::string command_help(const CommandInfo& program, const CommandInfo& command);

/// `text` broken at spaces into lines of at most `width` columns; each but the first begins with
/// `indent` spaces, which count. Ends without a line break.
std::string wrap(std::string_view text, std::size_t width, std::size_t indent);

}  // namespace a2a_backup
