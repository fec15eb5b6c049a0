// SPDX-License-Identifier: MIT
#include <map>

#include "a2a_backup/archive/entry_name.hpp"
#include "a2a_backup/backup/staged_backup.hpp"
#include "a2a_backup/backup/work_area.hpp"
#include "a2a_backup/source/database_location.hpp"
#include "a2a_backup/source/postgresql_replacement.hpp"
#include "restore_access.hpp"
#include "restore_notes.hpp"
#include "restore_space.hpp"
#include "restore_state.hpp"

namespace a2a_backup {
namespace {

/// What was extracted of a backup, and is to stand in `item`'s target.
Content take_in(StagedFile& file, Prepared& item, const RestoreOptions& options) {
  item.facts.fresh_digest = file.digest;
  if (file.entry == postgresql_entry) {
    item.target.fresh.state.rows = file.database->tables;
    item.target.fresh.no_owner = options.no_owner;
    return Content::postgresql;
  }
  if (file.database) return Content::database;
  item.facts.fresh_json = std::move(file.summary);
  return Content::file;
}

/// A second copy of what was kept, with what lies beside it.
FileDigest copy_kept(const fs::path& kept, const fs::path& staged) {
  FileReader reader(kept);
  const FileDigest digest = write_new_file(reader, staged);
  for (const char* suffix : {"-wal", "-journal", drops_suffix}) {
    if (!stat_path(kept.string() + suffix)) continue;
    FileReader sidecar(kept.string() + suffix);
    write_new_file(sidecar, staged.string() + suffix);
  }
  return digest;
}

}  // namespace

void Restore::stage(SelectedBackup& backup, Progress& progress) {
  State& state = *state_;
  const RestoreOptions& options = state.options;
  const auto location = locate_database(options.root, options.database);
  refuse_foreign_database(*backup.file, options, location);
  const fs::path database = location ? fs::path(location->name()) : options.root / sqlite_entry;
  const LiveAccess access{location ? location->postgresql : std::nullopt, options.lock_timeout};
  require_restore_space(*backup.file, options, database, access);
  progress.phase("extract", staged_size(*backup.file, options.only));

  std::map<std::string, Target> targets;
  StageOptions stage;
  stage.only = options.only;
  stage.want_marks = true;
  stage.database_check = check_of_restore(*backup.file);
  stage.place = [&](const std::string& entry) {
    const fs::path live = live_path(options.root, entry, database);
    Target& target = targets[entry];
    target = {entry, live, state.area_for(entry, live), {}, {}};
    target.fresh.file = stage_folder(target.area) / fs::path(entry).filename();
    return target.fresh.file;
  };
  for (StagedFile& file : stage_backup(*backup.file, stage, progress)) {
    Prepared item{targets.at(file.entry), {}};
    const Content content = take_in(file, item, options);
    state.add(std::move(item), content);
  }
  if (state.prepared.empty()) throw nothing_matches(*backup.file, backup.name);

  state.plan.what = "restore of " + backup.name;
  state.make_plan(access);
  for (const auto& [target, facts] : state.prepared) {
    if (target.fresh.content != Content::postgresql) continue;
    note_kept_tables(state.plan, facts, target.fresh.state.rows);
    if (const auto& record = backup.file->metadata().database) {
      note_origin(state.plan, *record, access.postgresql.value());
    }
  }
  note_gaps(state.plan, *backup.file, backup.name);
  if (options.only.empty()) note_kept_files(state.plan, options.root);
}

void Restore::stage_undo(Progress& progress) {
  State& state = *state_;
  const auto undo = read_undo(state.options.root);
  if (!undo) {
    throw Error(ErrorKind::not_found,
                "there is no restore to undo in " + state.options.root.string(),
                "undo reaches back one restore");
  }
  progress.phase("extract", 0);
  state.plan.what = "undo of the " + undo->what;
  const LiveAccess access = access_to(undo->targets, state.options);
  for (const Target& past : undo->targets) {
    Prepared item;
    item.target = {past.entry, past.live, state.area_for(past.entry, past.live), {}, {}};
    item.target.fresh.state = past.old.state;
    if (past.old.content != Content::absent) {
      item.target.fresh.file = stage_folder(item.target.area) / past.old.file.filename();
      item.facts.fresh_digest = copy_kept(past.old.file, item.target.fresh.file);
    }
    state.add(std::move(item), past.old.content);
  }
  state.make_plan(access);
}

}  // namespace a2a_backup
