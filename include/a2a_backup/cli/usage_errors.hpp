// SPDX-License-Identifier: MIT
/// What is wrong with a command line, in sentences of ours.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "a2a_backup/cli/command_tree.hpp"
#include "a2a_backup/core/error.hpp"

namespace CLI {
class Error;
class ParseError;
}  // namespace CLI

namespace a2a_backup {

/// The words that follow the program's name are wrong, as `error` says.
Error usage_error(const CommandInfo& program, const std::vector<std::string>& words,
                  const CLI::ParseError& error);

/// Lets no option under `app` that takes a path, a time or the like take a URL with a password in its
/// place, which would be shown as that path in a message or a result.
void refuse_passwords(CLI::App& app);

/// Throws Error of kind `usage` when the value of an option is an empty string, which is what a
/// script gives whose variable is not set.
void refuse_empty_values(const CommandInfo& program, const std::vector<std::string>& words);

/// "is 12, and must be a number from 1 to 9": what CLI11 found wrong with values of `option`.
std::string value_problem(const OptionInfo& option, const std::vector<std::string>& values,
                          const CLI::Error& error);

/// The value of `option` as a duration. Throws Error of kind `usage` that shows `example`.
std::chrono::seconds duration_of(const std::string& option, const std::string& value,
                                 const std::string& example);

/// "did you mean 'X'?" for the nearest of `known`, else `otherwise`.
std::string did_you_mean(const std::string& word, const std::vector<std::string>& known,
                         const std::string& otherwise);

/// Warns of each variable A2A_BACKUP_* that no option reads.
void warn_of_unknown_variables(const CommandInfo& program);

}  // namespace a2a_backup
