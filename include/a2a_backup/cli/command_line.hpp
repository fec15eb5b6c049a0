// SPDX-License-Identifier: MIT
/// The words of a command line as far as they make sense, also when the whole does not: for
/// completion, and for messages about what is wrong.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "a2a_backup/cli/command_tree.hpp"

namespace a2a_backup {

struct ReadWords {
  std::vector<const CommandInfo*> commands;   ///< the program, then each named below it
  std::vector<const OptionInfo*> options;     ///< given so far, positionals too, in order
  std::map<std::string, std::string> values;  ///< the last value of each option, by its key
  const OptionInfo* waiting = nullptr;  ///< the last word was this option, its value is to come
  bool options_ended = false;           ///< by "--"
  std::size_t arguments = 0;            ///< how many positionals were given
  std::vector<std::string> unknown_options;
  std::vector<std::string> unexpected;  ///< words that are neither a command nor an argument

  const CommandInfo& command() const { return *commands.back(); }
  /// The option of the innermost command, else of one around it, or null.
  const OptionInfo* find_option(const std::string& name) const;
  /// The positional that the next word would be, or null.
  const OptionInfo* next_argument() const;
};

/// Reads the words after the program's name.
ReadWords read_words(const CommandInfo& program, const std::vector<std::string>& words);

}  // namespace a2a_backup
