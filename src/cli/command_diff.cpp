// SPDX-License-Identifier: MIT
#include <CLI/CLI.hpp>
#include <algorithm>
#include <nlohmann/json.hpp>

#include "a2a_backup/archive/entry_name.hpp"
#include "a2a_backup/backup/diff.hpp"
#include "a2a_backup/cli/commands.hpp"
#include "a2a_backup/cli/diff_output.hpp"
#include "a2a_backup/cli/output.hpp"
#include "a2a_backup/cli/progress_bar.hpp"
#include "a2a_backup/cli/selection.hpp"

namespace a2a_backup {
namespace {

struct Flags {
  std::string before = "latest";
  std::string after;
  std::vector<std::string> only;
  std::optional<std::string> database;
  OpeningFlags opening;
  std::size_t limit = 50;
  bool exit_code = false;
};

DiffSide open_side(const std::string& selector, const fs::path& folder, const Flags& flags,
                   const DiffOptions& options, const GlobalOptions& global, Progress& progress) {
  SelectedBackup backup =
      open_backup(*backup_store(global), selector, flags.opening, global, Reading::whole);
  make_private_dir(folder);
  return diff_side_of(backup, folder, options, progress);
}

Diff compare(const Flags& flags, const GlobalOptions& global) {
  const DiffOptions options{flags.only, flags.limit, global.lock_timeout()};
  const fs::path parent = global.scratch_parent();
  StagingDir::remove_stale(parent);
  const StagingDir scratch(parent);
  ProgressBar bar(global);
  const DiffSide before =
      open_side(flags.before, scratch.path() / "before", flags, options, global, bar);
  const fs::path folder = scratch.path() / "after";
  if (!flags.after.empty()) {
    return compare_sides(before, open_side(flags.after, folder, flags, options, global, bar),
                         options);
  }
  make_private_dir(folder);
  const fs::path root = global.root_folder();
  return compare_sides(before, diff_side_of_live(root, flags.database, folder, options), options);
}

void run_diff(const Flags& flags, const GlobalOptions& global) {
  const Diff diff = compare(flags, global);
  if (global.json) {
    print_json(diff_to_json(diff));
  } else if (!global.quiet) {
    print_diff(diff, global.verbose);
  }
  if (flags.exit_code && !diff.identical()) {
    throw Error(ErrorKind::check, diff.before + " and " + diff.after + " differ");
  }
}

}  // namespace

Command add_diff(CLI::App& app, const GlobalOptions& global) {
  auto flags = std::make_shared<Flags>();
  CLI::App* command =
      app.add_subcommand("diff", "Show what has changed since a backup, or between two");
  command->add_option("before", flags->before, "The older side: a backup, as for 'inspect'")
      ->type_name("SEL")
      ->capture_default_str();
  command->add_option("after", flags->after, "The newer side: a backup (default: the live data)")
      ->type_name("SEL");
  command->add_option("--only", flags->only, "Only entries that match, such as 'shared/*'")
      ->type_name("GLOB")
      ->allow_extra_args(false);
  command
      ->add_option("--database", flags->database,
                   "The live database: a path, a URL, or none "
                   "(default: as 'create' finds it)")
      ->type_name("PATH|URL|none");
  add_opening_options(*command, flags->opening);
  command
      ->add_option("--limit", flags->limit, "List at most so many single tasks (with -v, --json)")
      ->type_name("N")
      ->capture_default_str();
  command->add_flag("--exit-code", flags->exit_code, "End with exit code 11 when they differ");
  command->footer("Examples:\n  a2a-backup diff latest\n  a2a-backup diff latest~1 latest -v\n");
  return {command, [flags, &global] { run_diff(*flags, global); }};
}

}  // namespace a2a_backup
