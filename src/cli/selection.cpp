// SPDX-License-Identifier: MIT
#include "a2a_backup/cli/selection.hpp"

#include <CLI/CLI.hpp>

#include "a2a_backup/cli/progress_bar.hpp"
#include "a2a_backup/core/error.hpp"
#include "a2a_backup/store/locations.hpp"

namespace a2a_backup {
namespace {

SelectedBackup select(Store& store, const std::string& selector, bool by_name,
                      const OpeningFlags& flags, const GlobalOptions& global, Reading reading) {
  ProgressBar bar(global);
  const ReportedStore reported(store, bar);
  return select_backup(store, {selector, flags.pick, global.scratch_parent(), global.job_count(),
                               flags.identities, bar, reading == Reading::whole, by_name});
}

}  // namespace

std::unique_ptr<Store> backup_store(const GlobalOptions& global) {
  if (global.backup_dir.empty() && !fs::is_directory(global.root_folder())) {
    throw Error(ErrorKind::usage, "there is no folder " + global.root_folder().string(),
                "name the a2a-system's folder with -C DIR, or that of the backups with "
                "--backup-dir DIR");
  }
  return open_store(global.backup_place(), global.s3);
}

CLI::Option* add_selector(CLI::App& command, std::string& selector) {
  return command
      .add_option("backup", selector,
                  "latest, latest~N, a file or URL, a name or its beginning, a UTC date or time")
      ->type_name("SEL");
}

CLI::Option* add_selectors(CLI::App& command, std::vector<std::string>& selectors) {
  return command.add_option("backups", selectors, "Which ones (default: latest)")->type_name("SEL");
}

void add_opening_options(CLI::App& command, OpeningFlags& flags) {
  command.add_option("--pick", flags.pick, "Which backup of an artifact that holds several")
      ->type_name("NAME");
  command
      .add_option("--identity", flags.identities,
                  "A file with a secret key of age or SSH, for an encrypted backup")
      ->type_name("FILE")
      ->allow_extra_args(false);
}

SelectedBackup open_backup(Store& store, const std::string& selector, const OpeningFlags& flags,
                           const GlobalOptions& global, Reading reading) {
  if (is_store_url(selector)) {
    const auto [place, name] = split_store_url(selector);
    return select(*open_store(place, global.s3), name, true, flags, global, reading);
  }
  return select(store, selector, false, flags, global, reading);
}

}  // namespace a2a_backup
