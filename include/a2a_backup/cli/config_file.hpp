// SPDX-License-Identifier: MIT
/// Defaults from the environment and a TOML file.
#pragma once

#include <string>
#include <vector>

#include "a2a_backup/cli/global_options.hpp"
#include "a2a_backup/cli/toml.hpp"

namespace a2a_backup {

/// Whether an option of a command ("" for those of every command) may be set by the environment and
/// the file: not one that chooses what is done, such as --undo.
bool configurable(const std::string& command, const std::string& key);

/// Gives every long option of `app` and of its commands an environment variable: --backup-dir reads
/// A2A_BACKUP_BACKUP_DIR.
void bind_environment(CLI::App& app);

/// The configuration file: `named`, else $XDG_CONFIG_HOME/a2a-backup/config.toml where that exists,
/// else "".
std::string config_file(const std::string& named);
/// Where the file would be that is read without --config; "" when there is no home.
std::string usual_config_file();

/// What the file says. Throws Error of kind `usage` for a file that cannot be read or understood,
/// that others may write to, or that holds a password and can be read by others.
std::vector<TomlItem> read_config(const std::string& file);

/// After parsing: fills the options that neither the command line nor the environment has set from
/// config_file(named). Keys are long option names; those of one command stand in its section, such
/// as [create]. Throws Error of kind `usage` as read_config() does, and for an unknown key (naming
/// the nearest known one) or a bad value.
void apply_config(CLI::App& app, const std::string& named);

/// The same for one item of `file`.
void apply_item(CLI::App& app, const TomlItem& item, const std::string& file);

}  // namespace a2a_backup
