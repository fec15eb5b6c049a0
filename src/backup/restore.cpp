// SPDX-License-Identifier: MIT
#include "a2a_backup/backup/restore.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "a2a_backup/archive/entry_name.hpp"
#include "a2a_backup/backup/live_file.hpp"
#include "a2a_backup/backup/restore_engine.hpp"
#include "a2a_backup/backup/restore_journal.hpp"
#include "a2a_backup/backup/staged_backup.hpp"
#include "a2a_backup/backup/work_area.hpp"
#include "a2a_backup/core/file_lock.hpp"
#include "a2a_backup/core/side_work.hpp"
#include "a2a_backup/core/space_needs.hpp"
#include "a2a_backup/core/text.hpp"
#include "a2a_backup/source/database_location.hpp"
#include "a2a_backup/source/json_source.hpp"
#include "a2a_backup/source/postgresql_replacement.hpp"
#include "restore_facts.hpp"

namespace a2a_backup {
namespace {

/// A live place, and the proven content that waits for it.
struct Prepared {
  Target target;
  PlanFacts facts;
};

bool chooses(const RestoreOptions& options, const BackupFile& backup, std::string_view entry) {
  if (backup.find(entry) == nullptr) return false;
  return options.only.empty() || matches_any(options.only, std::string(entry));
}

void refuse_foreign_database(const BackupFile& backup, const RestoreOptions& options,
                             const std::optional<DatabaseLocation>& live) {
  const bool server = live && live->postgresql;
  if (!chooses(options, backup, server ? sqlite_entry : postgresql_entry)) return;
  if (server) {
    throw Error(ErrorKind::refused,
                backup.name() + " holds a SQLite database, and the system uses " + live->name(),
                "restore the JSON files alone with --only 'shared/*', or see what it holds with "
                "--to DIR");
  }
  throw Error(ErrorKind::refused,
              backup.name() + " holds a PostgreSQL dump, and the system uses SQLite",
              "name the PostgreSQL database by A2A_DATABASE_URL or --database, or restore the JSON "
              "files alone with --only 'shared/*'");
}

/// How the live data of the targets is reached; their journal holds no password.
LiveAccess access_to(const std::vector<Target>& targets, const RestoreOptions& options) {
  LiveAccess access{std::nullopt, options.lock_timeout};
  for (const Target& target : targets) {
    if (target.entry != postgresql_entry) continue;
    const auto location = locate_database(options.root, options.database);
    if (!location || target.live != location->name()) {
      throw Error(ErrorKind::refused,
                  "that restore is of the database " + target.live.string() +
                      ", which is not the one that is configured now",
                  "name it by A2A_DATABASE_URL or --database");
    }
    access.postgresql = location->postgresql;
  }
  return access;
}

}  // namespace

struct Restore::State {
  RestoreOptions options;
  FileLock lock;
  std::set<fs::path> areas;
  std::vector<Prepared> prepared;
  RestorePlan plan;
  bool committed = false;

  explicit State(RestoreOptions given)
      : options(std::move(given)),
        lock(options.root, FileLock::Mode::exclusive, options.lock_timeout) {
    refuse_while_pending(options.root);
  }
  ~State() {
    if (committed) return;
    const std::uint64_t newest = newest_undo(root_work_area(options.root));
    for (const fs::path& area : areas) clean_work_area(area, newest);
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  /// A dump reaches its database from anywhere.
  fs::path area_for(const std::string& entry, const fs::path& live) {
    const fs::path area = entry == postgresql_entry
                              ? root_work_area(options.root)
                              : work_area_for(options.root, existing_parent(live));
    if (areas.insert(area).second) {
      // What a crash before its commit point left behind.
      clean_work_area(area, newest_undo(root_work_area(options.root)));
      prepare_work_area(area);
    }
    return area;
  }
  void check_space(const BackupFile& backup, const fs::path& database,
                   const LiveAccess& access) const;
  void add(Prepared item, Content content);
  void make_plan(const LiveAccess& access);
  void note_kept_files();
  void note_kept_tables(const Prepared& dump);
  void note_origin(const DatabaseRecord& record, const PostgresqlUrl& live);
  void commit_journal(const Journal& journal);
};

/// Staged copy, plus the old content kept for undo, plus what a write-ahead log takes in between. A
/// compressed dump of what a PostgreSQL database holds now seldom takes more than half of that.
void Restore::State::check_space(const BackupFile& backup, const fs::path& database,
                                 const LiveAccess& access) const {
  SpaceNeeds needs;
  for (const ZipEntry& entry : backup.entries()) {
    if (!options.only.empty() && !matches_any(options.only, entry.name)) continue;
    const fs::path live = live_path(options.root, entry.name, database);
    if (entry.name == postgresql_entry) {
      const auto live_size = size_of_postgresql(access.postgresql.value(), access.timeout);
      needs.add(options.root, entry.size + live_size / 2);
      continue;
    }
    const fs::path folder = existing_parent(live);
    needs.add(folder, entry.size);
    const auto old = stat_path(live);
    if (old && is_sqlite_entry(entry.name)) {
      needs.add(folder, static_cast<std::uint64_t>(old->st_size) + entry.size);
    }
  }
  needs.require("to restore safely",
                "free some space; old backups are in the backup folder, see 'a2a-backup list'");
}

void Restore::State::add(Prepared item, Content content) {
  item.facts.entry = item.target.entry;
  item.facts.live = item.target.live;
  item.target.fresh.content = content;
  if (content != Content::absent) {
    if (content != Content::postgresql) adopt_owner(item.target.fresh.file, item.target.live);
    item.target.fresh.sha256 = item.facts.fresh_digest->sha256;
  }
  prepared.push_back(std::move(item));
}

/// The live files are looked at side by side: each takes a thread some time.
void Restore::State::make_plan(const LiveAccess& access) {
  SideWork looks(options.jobs > 1);
  for (Prepared& item : prepared) {
    looks.begin([&] {
      look_at_live(item.facts, item.target.fresh, access, stage_folder(item.target.area));
    });
  }
  looks.finish();
  for (Prepared& item : prepared) {
    plan.files.push_back(plan_file(item.facts));
    add_examples(plan.files.back());
    // What they have on the disk may be the space that the commit needs.
    item.facts.live_json.reset();
    item.facts.fresh_json.reset();
  }
}

void Restore::State::note_kept_files() {
  if (!options.only.empty()) return;
  std::map<std::string, fs::path> present;
  try {
    present = JsonSource(options.root, {}).find();
  } catch (const Error& error) {
    plan.warnings.push_back(error.message());
  }
  for (const auto& item : present) {
    const bool planned = std::any_of(plan.files.begin(), plan.files.end(),
                                     [&](const auto& file) { return file.entry == item.first; });
    if (!planned) plan.kept.push_back(item.first);
  }
}

/// pg_restore drops what the dump has, and nothing else.
void Restore::State::note_kept_tables(const Prepared& dump) {
  if (!dump.facts.database) return;
  for (const auto& [table, rows] : dump.facts.database->live_rows) {
    if (!dump.target.fresh.state.rows.contains(table)) plan.kept.push_back("the table " + table);
  }
}

/// A replica is restored at its primary, which has other hosts.
void Restore::State::note_origin(const DatabaseRecord& record, const PostgresqlUrl& live) {
  if (!is_postgresql_url(record.source)) return;
  const PostgresqlPlace origin = postgresql_place(record.source);
  const PostgresqlPlace target = postgresql_place(live.text);
  const bool same_server = record.standby || origin.shares_host_with(target);
  if (same_server && origin.database == target.database) return;
  plan.warnings.push_back("the backup is of another database, " + origin.text() +
                          ", and is going to replace what is in " + target.text());
}

/// A journal that is visible but perhaps not durable is taken away again: nothing has been touched.
void Restore::State::commit_journal(const Journal& journal) {
  try {
    write_journal(options.root, journal);
    committed = true;
  } catch (const Error&) {
    committed = true;  // unless it can be taken away, it counts, and needs what was staged
    drop_journal(options.root);
    committed = false;
    throw;
  }
}

Restore::Restore(RestoreOptions options) {
  if (!fs::is_directory(options.root)) {
    throw Error(
        ErrorKind::refused, "there is no folder " + options.root.string(),
        "name the a2a-system's folder with -C DIR, or restore into a new one with --to DIR");
  }
  state_ = std::make_unique<State>(std::move(options));
}
Restore::~Restore() = default;

const RestorePlan& Restore::plan() const {
  return state_->plan;
}

void Restore::stage(SelectedBackup& backup, Progress& progress) {
  State& state = *state_;
  const RestoreOptions& options = state.options;
  const auto location = locate_database(options.root, options.database);
  refuse_foreign_database(*backup.file, options, location);
  const fs::path database = location ? fs::path(location->name()) : options.root / sqlite_entry;
  const LiveAccess access{location ? location->postgresql : std::nullopt, options.lock_timeout};
  state.check_space(*backup.file, database, access);
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
    Prepared item;
    item.target = targets.at(file.entry);
    item.facts.fresh_digest = file.digest;
    Content content = Content::file;
    if (file.entry == postgresql_entry) {
      content = Content::postgresql;
      item.target.fresh.state.rows = file.database->tables;
      item.target.fresh.no_owner = options.no_owner;
    } else if (file.database) {
      content = Content::database;
    } else {
      item.facts.fresh_json = std::move(file.summary);
    }
    state.add(std::move(item), content);
  }
  state.make_plan(access);
  for (const Prepared& item : state.prepared) {
    if (item.target.fresh.content != Content::postgresql) continue;
    state.note_kept_tables(item);
    if (const auto& record = backup.file->metadata().database) {
      state.note_origin(*record, access.postgresql.value());
    }
  }
  state.plan.what = "restore of " + backup.name;
  if (state.prepared.empty()) {
    throw nothing_matches(*backup.file, backup.name);
  }
  if (backup.file->metadata().legacy()) {
    state.plan.warnings.push_back(
        backup.name + " is of version 1: it has no digests, its CRC-32 sums were checked instead");
  }
  for (const std::string& name : backup.file->missing()) {
    state.plan.warnings.push_back(backup.name + " lists " + printable(name) +
                                  " and does not hold it");
  }
  state.note_kept_files();
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
      FileReader reader(past.old.file);
      item.facts.fresh_digest = write_new_file(reader, item.target.fresh.file);
      for (const char* suffix : {"-wal", "-journal", drops_suffix}) {
        if (!stat_path(past.old.file.string() + suffix)) continue;
        FileReader sidecar(past.old.file.string() + suffix);
        write_new_file(sidecar, item.target.fresh.file.string() + suffix);
      }
    }
    state.add(std::move(item), past.old.content);
  }
  state.make_plan(access);
}

RestoreResult Restore::commit(Progress& progress) {
  State& state = *state_;
  const fs::path& root = state.options.root;
  progress.phase("swap", 0);
  Journal journal;
  journal.number = newest_undo(root_work_area(root)) + 1;
  journal.created = now();
  journal.what = state.plan.what;
  for (std::size_t i = 0; i < state.prepared.size(); ++i) {
    if (state.plan.files[i].action == PlannedAction::unchanged) continue;
    journal.targets.push_back(state.prepared[i].target);
  }
  if (journal.targets.empty()) return {};
  // The database first: it is the one that can be busy, and then nothing has been changed yet.
  std::stable_partition(journal.targets.begin(), journal.targets.end(),
                        [](const Target& target) { return is_database_entry(target.entry); });
  const LiveAccess access = access_to(journal.targets, state.options);

  state.area_for({}, root / "shared");
  make_private_dir(undo_folder(root_work_area(root), journal.number));
  HeldDatabases held;
  for (Target& target : journal.targets) {
    const fs::path folder = undo_folder(target.area, journal.number);
    make_private_dir(folder);
    auto lock = lock_database(target, target.fresh, access);
    target.old = keep_old(target, folder, lock.get());
    held[target.live] = std::move(lock);
    sync_dir(folder);
  }
  for (const fs::path& area : state.areas) {
    sync_dir(stage_folder(area));
    sync_dir(area);
  }
  state.commit_journal(journal);
  return {carry_out(root, journal, std::move(held), access)};
}

RestoreResult resume_restore(const RestoreOptions& options) {
  const fs::path& root = options.root;
  const FileLock lock(root, FileLock::Mode::exclusive, options.lock_timeout);
  const auto journal = read_journal(root);
  if (!journal)
    throw Error(ErrorKind::not_found, "no interrupted restore waits in " + root.string());
  return {carry_out(root, *journal, {}, access_to(journal->targets, options))};
}

RestoreResult roll_back_restore(const RestoreOptions& options) {
  const fs::path& root = options.root;
  const FileLock lock(root, FileLock::Mode::exclusive, options.lock_timeout);
  const auto journal = read_journal(root);
  if (!journal)
    throw Error(ErrorKind::not_found, "no interrupted restore waits in " + root.string());
  take_back(root, *journal, access_to(journal->targets, options));
  return {};
}

}  // namespace a2a_backup
