// SPDX-License-Identifier: MIT
/// How a command is told which backup, and gets it opened: one wording and one way for all.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "a2a_backup/backup/catalog.hpp"
#include "a2a_backup/cli/global_options.hpp"

namespace CLI {
class Option;
}

namespace a2a_backup {

/// What opening a backup may need beside its name.
struct OpeningFlags {
  std::optional<std::string> pick;
  std::vector<std::string> identities;  ///< files with secret keys, for what is encrypted
};

/// The place that --backup-dir names.
std::unique_ptr<Store> backup_store(const GlobalOptions& global);

/// How much of a backup a command reads.
enum class Reading : std::uint8_t { parts, whole };

/// The positional that names one backup, and the one that names several.
CLI::Option* add_selector(CLI::App& command, std::string& selector);
CLI::Option* add_selectors(CLI::App& command, std::vector<std::string>& selectors);

/// The options that fill `flags`.
void add_opening_options(CLI::App& command, OpeningFlags& flags);

/// Opens what `selector` means in `store`, or the backup at the URL that it is; see select_backup()
/// for the errors.
SelectedBackup open_backup(Store& store, const std::string& selector, const OpeningFlags& flags,
                           const GlobalOptions& global, Reading reading);

}  // namespace a2a_backup
