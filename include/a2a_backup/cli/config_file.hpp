// SPDX-License-Identifier: MIT
/// Defaults from the environment and a TOML file.
#pragma once

#include "a2a_backup/cli/global_options.hpp"

namespace a2a_backup {

/// Gives every long option of `app` and of its commands an environment variable: --backup-dir reads
/// A2A_BACKUP_BACKUP_DIR. Flags that choose an action, such as --undo, have none.
void bind_environment(CLI::App& app);

/// After parsing: fills the options that neither the command line nor the environment has set from
/// the file `named`, else from $XDG_CONFIG_HOME/a2a-backup/config.toml where that exists. Keys are
/// long option names; those of one command stand in its section, such as [create]. Throws Error of
/// kind `usage` for an unknown key (naming the nearest known one), a bad value, or a file that
/// others may write to.
void apply_config(CLI::App& app, const std::string& named);

}  // namespace a2a_backup
