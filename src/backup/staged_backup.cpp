// SPDX-License-Identifier: MIT
#include "a2a_backup/backup/staged_backup.hpp"

#include "a2a_backup/archive/entry_name.hpp"
#include "a2a_backup/core/log.hpp"
#include "a2a_backup/core/text.hpp"
#include "a2a_backup/source/postgresql_dump.hpp"

namespace a2a_backup {
namespace {

bool chosen(const std::string& entry, const std::vector<std::string>& only) {
  return only.empty() || matches_any(only, entry);
}

void compare_rows(const Metadata& metadata, const DatabaseRecord& found, const std::string& name) {
  if (metadata.legacy() || !metadata.database || metadata.database->tables == found.tables) return;
  throw Error(ErrorKind::archive,
              name + ": the database does not hold the rows that the metadata counted",
              "choose an older backup: a2a-backup list");
}

/// What it holds as captured; a full check counts the rows again.
DatabaseRecord examine_dump(const fs::path& file, const Metadata& metadata, SqliteCheck check,
                            const std::string& name) {
  if (!can_read_dumps()) {
    log::debug("pg_restore is not installed: " + name + " was compared with its SHA-256 alone");
  } else if (check == SqliteCheck::full) {
    DatabaseRecord found;
    found.tables = count_rows(file, name, ErrorKind::archive);
    compare_rows(metadata, found, name);
  } else if (check == SqliteCheck::quick) {
    list_dump(file, name, ErrorKind::archive);
  }
  return metadata.database.value_or(DatabaseRecord{});
}

void compare_tasks(const Metadata& metadata, const StagedFile& file, const std::string& name) {
  if (metadata.legacy() || !metadata.tasks) return;
  if (task_file_of(file.entry) != TaskFile::history) return;
  if (metadata.tasks->total == file.summary.tasks.total) return;
  throw Error(ErrorKind::archive,
              name + ": " + file.entry + " does not hold the tasks that the metadata counted",
              "choose an older backup: a2a-backup list");
}

}  // namespace

SqliteCheck check_of_restore(const BackupFile& backup) {
  return backup.metadata().legacy() ? SqliteCheck::full : SqliteCheck::quick;
}

Error nothing_matches(const BackupFile& backup, const std::string& name) {
  std::vector<std::string> entries;
  for (const ZipEntry& entry : backup.entries()) entries.push_back(printable(entry.name));
  return {ErrorKind::not_found, name + " holds nothing that --only matches",
          "it holds " + enumeration(entries, "and")};
}

bool is_sqlite_entry(std::string_view entry) {
  return entry == sqlite_entry;
}

bool is_database_entry(std::string_view entry) {
  return is_sqlite_entry(entry) || entry == postgresql_entry;
}

std::uint64_t staged_size(const BackupFile& backup, const std::vector<std::string>& only) {
  std::uint64_t sum = 0;
  for (const ZipEntry& entry : backup.entries()) {
    if (chosen(entry.name, only)) sum += entry.size;
  }
  return sum;
}

std::vector<StagedFile> stage_backup(BackupFile& backup, const StageOptions& options,
                                     Progress& progress) {
  std::vector<StagedFile> staged;
  for (const ZipEntry& entry : backup.entries()) {
    if (!chosen(entry.name, options.only)) continue;
    StagedFile file;
    file.entry = entry.name;
    file.path = options.place(entry.name);
    file.digest = backup.check(entry, progress, file.path);
    const std::string name = backup.name() + ": " + entry.name;
    if (is_sqlite_entry(entry.name)) {
      file.database = examine_sqlite(file.path, options.database_check, name, ErrorKind::archive);
      compare_rows(backup.metadata(), *file.database, backup.name());
    } else if (entry.name == postgresql_entry) {
      file.database = examine_dump(file.path, backup.metadata(), options.database_check, name);
    } else if (entry.name.ends_with(".json")) {
      FileReader reader(file.path);
      file.summary =
          scan_json(reader, task_file_of(entry.name), name, ErrorKind::archive, options.want_marks);
      compare_tasks(backup.metadata(), file, backup.name());
    }
    staged.push_back(std::move(file));
  }
  return staged;
}

}  // namespace a2a_backup
