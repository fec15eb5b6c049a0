// SPDX-License-Identifier: MIT
/// The commands and their options as data. Help, the manual page, completion, messages and `config
/// show` are all made from it, so a new command or option appears in each by itself.
#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace a2a_backup {

/// What a shell can complete a value with, beside its choices.
enum class ValueKind { text, folder, file, backup };

struct OptionInfo {
  const CLI::Option* option = nullptr;
  std::string key;                 ///< "root": the long name, or a positional's own
  std::vector<std::string> names;  ///< {"-C", "--root"}; none for a positional
  std::string placeholder;         ///< "DIR"; empty for a flag
  ValueKind kind = ValueKind::text;
  std::vector<std::string> choices;   ///< {"auto", "always", "never"}, or literals among others
  std::string allowed;                ///< "auto, always or never", "a number from 1 to 9", or ""
  std::string description;            ///< without the default
  std::string default_text;           ///< what "(default: ...)" says, or ""
  std::string environment;            ///< "A2A_BACKUP_ROOT", or ""
  std::vector<std::string> excludes;  ///< how the options that it does not go with are called
  bool repeatable = false;
  bool required = false;

  bool is_flag() const { return placeholder.empty(); }
  bool is_positional() const { return names.empty(); }
  /// "-C, --root DIR"; "SEL".
  std::string label() const;
  /// "--root"; "SEL".
  std::string name() const { return names.empty() ? placeholder : names.back(); }
};

struct CommandInfo {
  const CLI::App* app = nullptr;
  std::string name;  ///< "create"
  std::string path;  ///< "a2a-backup create"
  std::string description;
  std::vector<OptionInfo> arguments;  ///< the positionals, in order
  std::vector<OptionInfo> options;    ///< in the order of their definition, --help last
  std::vector<std::string> examples;  ///< the indented lines under "Examples:" in the footer
  std::vector<CommandInfo> commands;

  /// The option that is called "--root" or "-C", or null.
  const OptionInfo* find_option(const std::string& name) const;
  const CommandInfo* find_command(const std::string& name) const;
  std::vector<std::string> command_names() const;
  std::vector<std::string> option_names() const;
  /// "a2a-backup restore [OPTION...] [SEL]".
  std::string usage() const;
};

/// Everything under `app` that is not hidden (of a group without a name).
CommandInfo describe(const CLI::App& app);
OptionInfo describe(const CLI::Option& option);

}  // namespace a2a_backup
