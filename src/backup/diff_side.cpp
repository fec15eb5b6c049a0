// SPDX-License-Identifier: MIT
#include <thread>

#include "a2a_backup/archive/entry_name.hpp"
#include "a2a_backup/backup/diff.hpp"
#include "a2a_backup/backup/staged_backup.hpp"
#include "a2a_backup/core/interrupt.hpp"
#include "a2a_backup/core/text.hpp"
#include "a2a_backup/source/database_location.hpp"
#include "a2a_backup/source/json_source.hpp"
#include "a2a_backup/source/postgresql_dump.hpp"

namespace a2a_backup {
namespace {

/// The application rewrites its files in place: half of one is there for a moment only.
constexpr int looks = 10;
constexpr std::chrono::milliseconds between_looks{100};

bool wanted(const DiffOptions& options, const std::string& entry) {
  return options.only.empty() || matches_any(options.only, entry);
}

DiffSide::File look_at(const std::string& entry, const fs::path& live, const fs::path& copy) {
  DiffSide::File file;
  file.path = copy;
  try {
    remove_quietly(copy);
    FileReader reader(live, ErrorKind::source);
    file.sha256 = write_new_file(reader, copy).sha256;
    FileReader again(copy);
    file.summary = scan_json(again, task_file_of(entry), live.string(), ErrorKind::source,
                             TaskMarks(copy.parent_path()));
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::source) throw;
    file.problem = error.message();
  }
  return file;
}

DiffSide::File look_until_whole(const std::string& entry, const fs::path& live,
                                const fs::path& copy) {
  DiffSide::File file = look_at(entry, live, copy);
  for (int look = 1; look < looks && !file.problem.empty(); ++look) {
    check_interrupt();
    std::this_thread::sleep_for(between_looks);
    file = look_at(entry, live, copy);
  }
  return file;
}

}  // namespace

DiffSide diff_side_of(SelectedBackup& backup, const fs::path& folder, const DiffOptions& options,
                      Progress& progress) {
  DiffSide side;
  side.name = backup.name;
  progress.phase("extract", staged_size(*backup.file, options.only));
  StageOptions stage;
  stage.lifetime = Lifetime::scratch;
  stage.only = options.only;
  stage.want_marks = true;
  stage.database_check = SqliteCheck::quick;
  stage.place = [&](const std::string& entry) { return folder / fs::path(entry).filename(); };
  for (StagedFile& file : stage_backup(*backup.file, stage, progress)) {
    DiffSide::File& taken = side.files[file.entry];
    taken = {file.path, file.digest.sha256, std::move(file.summary), {}, {}};
    if (file.entry == postgresql_entry) taken.rows = file.database->tables;
  }
  return side;
}

DiffSide diff_side_of_live(const fs::path& root, const std::optional<std::string>& database,
                           const fs::path& folder, const DiffOptions& options) {
  DiffSide side;
  side.name = "the live data in " + root.string();
  side.live = true;
  for (const auto& [entry, path] : JsonSource(root, {}).find()) {
    if (!wanted(options, entry)) continue;
    side.files[entry] = look_until_whole(entry, path, folder / path.filename());
  }
  const auto location = locate_database(root, database);
  if (location && location->postgresql) {
    const std::string dump(postgresql_entry);
    if (!wanted(options, dump)) return side;
    DiffSide::File& file = side.files[dump];
    file.path = folder / "a2a_system.dump";
    dump_postgresql(*location->postgresql, file.path, options.lock_timeout);
    file.rows = count_rows(file.path, location->name(), ErrorKind::source);
    return side;
  }
  const std::string entry(sqlite_entry);
  if (location && location->exists && wanted(options, entry)) {
    side.files[entry].path = location->path;
  }
  return side;
}

}  // namespace a2a_backup
