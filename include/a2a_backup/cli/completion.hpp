// SPDX-License-Identifier: MIT
/// What could stand next on a command line, for the shells.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "a2a_backup/cli/command_tree.hpp"

namespace a2a_backup {

struct Candidate {
  std::string word;
  std::string description;
};

/// What the shell completes by itself, beside the candidates.
enum class ShellCompletes { nothing, files, folders };
std::string_view completes_name(ShellCompletes what);

struct Completion {
  ShellCompletes shell = ShellCompletes::nothing;
  std::string prefix;                 ///< of the word, in front of the value: "--root=", or ""
  std::vector<Candidate> candidates;  ///< whole values, without the prefix
};

/// The backups of the place that these options name, by their keys ("root", "backup-dir").
using BackupNames =
    std::function<std::vector<Candidate>(const std::map<std::string, std::string>& options)>;

/// For `words`, which follow the program's name; the last is the one to complete, as far as it is
/// typed, and may be empty. The candidates begin with it.
Completion complete(const CommandInfo& program, std::vector<std::string> words,
                    const BackupNames& backup_names);

/// A word as it stands in a shell's command line, perhaps unfinished, without quotes and
/// backslashes. Nothing is expanded.
std::string unquoted(const std::string& word);

}  // namespace a2a_backup
