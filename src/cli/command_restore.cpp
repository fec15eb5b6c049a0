// SPDX-License-Identifier: MIT
#include <CLI/CLI.hpp>
#include <algorithm>
#include <nlohmann/json.hpp>

#include "a2a_backup/archive/entry_name.hpp"
#include "a2a_backup/backup/extract.hpp"
#include "a2a_backup/backup/history.hpp"
#include "a2a_backup/backup/restore.hpp"
#include "a2a_backup/backup/restore_recovery.hpp"
#include "a2a_backup/backup/staged_backup.hpp"
#include "a2a_backup/cli/commands.hpp"
#include "a2a_backup/cli/confirmation.hpp"
#include "a2a_backup/cli/diff_output.hpp"
#include "a2a_backup/cli/hooks.hpp"
#include "a2a_backup/cli/output.hpp"
#include "a2a_backup/cli/point_in_time.hpp"
#include "a2a_backup/cli/progress_bar.hpp"
#include "a2a_backup/cli/selection.hpp"
#include "a2a_backup/core/log.hpp"
#include "a2a_backup/core/text.hpp"

namespace a2a_backup {
namespace {

using Json = nlohmann::ordered_json;

struct Flags {
  std::string selector;
  std::string to;
  std::vector<std::string> only;
  std::optional<std::string> database;
  OpeningFlags opening;
  bool no_owner = false;
  bool undo = false;
  bool resume = false;
  bool rollback = false;
  bool dry_run = false;
  HookFlags hooks;
  PointInTimeFlags moment;
};

RestoreOptions to_options(const Flags& flags, const GlobalOptions& global) {
  RestoreOptions options{global.root_folder(), flags.database,        flags.only,
                         flags.no_owner,       global.lock_timeout(), global.job_count()};
  if (flags.database == "none" && flags.only.empty()) options.only = {"shared/*"};
  return options;
}

Json to_json(const RestorePlan& plan) {
  Json files = Json::array();
  for (const PlannedFile& file : plan.files) {
    files.push_back({{"path", file.entry},
                     {"live", file.live.string()},
                     {"action", action_name(file.action)},
                     {"size", file.fresh_size},
                     {"live_size", file.live_size},
                     {"live_unreadable", file.live_unreadable},
                     {"lost_tasks", file.lost_tasks},
                     {"reset_tasks", file.reset_tasks},
                     {"lost_rows", file.lost_rows}});
  }
  return {{"what", plan.what}, {"files", files}, {"kept", plan.kept}, {"warnings", plan.warnings}};
}

/// In the hour of a restore people ask one thing: what will be gone that was not there yet?
void print_lost_tasks(const PlannedFile& file) {
  const std::string margin(12, ' ');
  if (file.lost_tasks > 0) {
    const bool one = file.lost_tasks == 1;
    print(margin + plural(file.lost_tasks, "task") + (one ? " is" : " are") +
          " only in the present file and will be gone (undo keeps " + (one ? "it" : "them") +
          ")\n");
    for (const TaskLine& task : file.lost_examples)
      print(margin + "  " + describe_task(task) + "\n");
    const std::size_t more =
        file.lost_tasks - std::min<std::size_t>(file.lost_tasks, file.lost_examples.size());
    if (more > 0) print(margin + "  and " + format_count(more) + " more\n");
  }
  if (file.reset_tasks > 0) {
    print(margin + plural(file.reset_tasks, "task") + (file.reset_tasks == 1 ? " goes" : " go") +
          " back to an earlier status\n");
  }
}

void print_plan(const RestorePlan& plan) {
  print(plan.what + "\n");
  for (const PlannedFile& file : plan.files) {
    std::string action(action_name(file.action));
    action.resize(10, ' ');
    print("  " + action + file.live.string() + "  " + format_bytes(file.fresh_size) +
          (file.live_unreadable ? "  (the present one is unreadable)" : "") + "\n");
    if (file.action == PlannedAction::unchanged) continue;
    print_lost_tasks(file);
    for (const auto& [table, rows] : file.lost_rows) {
      print("            " + plural(rows, "row") + " of " + table +
            " only in the present database\n");
    }
  }
  for (const std::string& name : plan.kept) print("  keep      " + name + ", not in the backup\n");
}

void print_done(const RestorePlan& plan, const RestoreResult& result, const GlobalOptions& global) {
  for (const std::string& note : result.notes) log::warn(note);
  if (global.json) {
    Json json = to_json(plan);
    json["done"] = true;
    json["notes"] = result.notes;
    return print_json(json);
  }
  print("done, and proven: what is live now is what was restored\n");
  suggest(global, "a2a-backup restore --undo   (takes it back)");
}

/// The restore of one backup as it will be remembered; of a part of one it measures nothing.
class RememberedRestore {
 public:
  RememberedRestore() = default;
  RememberedRestore(const SelectedBackup& backup, const std::vector<std::string>& only,
                    const GlobalOptions& global)
      : bytes_(staged_size(*backup.file, {})) {
    if (only.empty()) {
      record_.emplace(global.backup_folder(), backup.file->name(), DrillKind::restore);
    }
  }

  /// Runs what reads the archive; that it is bad is remembered.
  template <class Action>
  auto reading(Action action) {
    try {
      return action();
    } catch (const Error& error) {
      if (error.kind() == ErrorKind::archive && record_) record_->bad(error.message());
      throw;
    }
  }
  /// Runs what waits for a person, which is not counted.
  template <class Action>
  void waiting(Action action) {
    if (record_) record_->pause();
    action();
    if (record_) record_->resume();
  }
  void done() {
    if (record_) record_->good(bytes_);
  }

 private:
  std::optional<DrillRecord> record_;
  std::uint64_t bytes_ = 0;
};

void carry_through(Restore& restore, const Flags& flags, const GlobalOptions& global,
                   RememberedRestore& remembered, ProgressBar& bar) {
  bar.clear();
  const RestorePlan& plan = restore.plan();
  for (const std::string& warning : plan.warnings) log::warn(warning);
  if (!global.json) print_plan(plan);
  if (flags.dry_run) {
    if (global.json) print_json(to_json(plan));
    return;
  }
  if (!plan.changes_anything()) {
    if (global.json) return print_json(to_json(plan));
    return print("nothing to do: everything is as in the backup\n");
  }
  remembered.waiting([&] {
    confirm(global, "change live data", "Go ahead? What is replaced is kept for --undo.");
  });
  with_hooks(flags.hooks, "restore", [&] {
    const RestoreResult result = restore.commit(bar);
    bar.clear();
    remembered.done();
    print_done(plan, result, global);
    return HookFacts{};
  });
}

SelectedBackup select(const Flags& flags, const GlobalOptions& global) {
  return open_backup(*backup_store(global), flags.selector, flags.opening, global, Reading::whole);
}

void restore_into_database(const Flags& flags, const GlobalOptions& global) {
  if (!flags.only.empty()) {
    throw Error(ErrorKind::usage, "--only does not go with a database as --to",
                "it takes the dump alone");
  }
  const PostgresqlUrl url = parse_postgresql_url(flags.to);
  SelectedBackup backup = select(flags, global);
  ProgressBar bar(global);
  restore_to_database(backup, url, flags.no_owner, global.scratch_parent(), global.lock_timeout(),
                      bar);
  bar.clear();
  if (global.json) {
    return print_json(
        {{"restored", backup.name}, {"to", url.text}, {"files", {std::string(postgresql_entry)}}});
  }
  print("restored the database of " + backup.name + " to " + url.text + ", and counted its rows\n");
}

void restore_elsewhere(const Flags& flags, const GlobalOptions& global) {
  if (is_postgresql_url(flags.to)) return restore_into_database(flags, global);
  SelectedBackup backup = select(flags, global);
  ProgressBar bar(global);
  RememberedRestore remembered(backup, flags.only, global);
  const auto entries =
      remembered.reading([&] { return restore_to_folder(backup, flags.to, flags.only, bar); });
  bar.clear();
  remembered.done();
  if (global.json)
    return print_json({{"restored", backup.name}, {"to", flags.to}, {"files", entries}});
  for (const std::string& entry : entries)
    print("  " + (fs::path(flags.to) / entry).string() + "\n");
  print("restored " + backup.name + " to " + flags.to + ", and proven\n");
}

void settle(const RestoreResult& result, const std::string& words, const GlobalOptions& global) {
  for (const std::string& note : result.notes) log::warn(note);
  if (global.json) return print_json({{"done", true}, {"notes", result.notes}});
  print(words + "\n");
}

void run_restore(const Flags& flags, const GlobalOptions& global) {
  if (!flags.moment.at.empty()) {
    return run_point_in_time_restore(flags.moment, flags.hooks, flags.dry_run, global);
  }
  const RestoreOptions options = to_options(flags, global);
  if (flags.resume) {
    return settle(resume_restore(options), "the interrupted restore is done, and proven", global);
  }
  if (flags.rollback) {
    return settle(roll_back_restore(options),
                  "the interrupted restore is taken back, everything is as it was before", global);
  }
  if (!flags.undo && flags.selector.empty()) {
    throw Error(ErrorKind::usage, "say which backup to restore",
                "a2a-backup restore latest; see what there is with 'a2a-backup list'");
  }
  if (!flags.to.empty()) {
    if (flags.dry_run) throw Error(ErrorKind::usage, "--dry-run and --to do not go together");
    return restore_elsewhere(flags, global);
  }
  ProgressBar bar(global);
  Restore restore(options);
  RememberedRestore remembered;
  if (flags.undo) {
    restore.stage_undo(bar);
  } else {
    SelectedBackup backup = select(flags, global);
    remembered = RememberedRestore(backup, options.only, global);
    remembered.reading([&] { restore.stage(backup, bar); });
  }
  carry_through(restore, flags, global, remembered, bar);
}

}  // namespace

Command add_restore(CLI::App& app, const GlobalOptions& global) {
  auto flags = std::make_shared<Flags>();
  CLI::App* command =
      app.add_subcommand("restore", "Put a backup back, in one step that can be undone");
  auto* selector = add_selector(*command, flags->selector);
  auto* to = command
                 ->add_option("--to", flags->to,
                              "Restore into this new folder, or the dump into this empty "
                              "PostgreSQL database; asks nothing")
                 ->type_name("DIR|URL");
  auto* only =
      command->add_option("--only", flags->only, "Only entries that match, such as 'shared/*'")
          ->type_name("GLOB")
          ->allow_extra_args(false);
  command
      ->add_option("--database", flags->database,
                   "The live database: a path, or a sqlite:/// or postgresql:// URL "
                   "(default: as 'create' finds it)")
      ->type_name("PATH|URL");
  command->add_flag(
      "--no-owner", flags->no_owner,
      "PostgreSQL: restore neither owners nor grants, as where the roles are missing");
  add_opening_options(*command, flags->opening);
  auto* undo = command->add_flag("--undo", flags->undo, "Put back what the last restore replaced");
  auto* resume = command->add_flag("--resume", flags->resume, "Finish an interrupted restore");
  auto* rollback =
      command->add_flag("--rollback", flags->rollback, "Take an interrupted restore back");
  auto* at = add_point_in_time_options(*command, flags->moment);
  for (auto* action : {undo, resume, rollback, at}) action->excludes(selector)->excludes(to);
  for (auto* action : {undo, resume, rollback}) action->excludes(at)->excludes(only);
  resume->excludes(undo)->excludes(rollback);
  rollback->excludes(undo);
  add_hook_options(*command, flags->hooks);
  command->add_flag("-n,--dry-run", flags->dry_run, "Show the plan, and stop");
  command->footer(
      "Examples:\n  a2a-backup restore latest\n"
      "  a2a-backup restore 2025-07-11 --only shared/tasks.json\n");
  return {command, [flags, &global] { run_restore(*flags, global); }};
}

}  // namespace a2a_backup
