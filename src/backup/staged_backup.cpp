// SPDX-License-Identifier: MIT
#include "a2a_backup/backup/staged_backup.hpp"

#include <algorithm>

#include "a2a_backup/archive/entry_name.hpp"
#include "a2a_backup/core/log.hpp"
#include "a2a_backup/core/side_work.hpp"
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

void examine(StagedFile& file, const BackupFile& backup, const StageOptions& options,
             const std::atomic<bool>& abandoned) {
  const std::string name = backup.name() + ": " + file.entry;
  const Metadata& metadata = backup.metadata();
  if (is_sqlite_entry(file.entry)) {
    file.database = examine_sqlite(*open_random_access(file.path), options.database_check, name,
                                   ErrorKind::archive, abandoned);
    compare_rows(metadata, *file.database, backup.name());
  } else if (file.entry == postgresql_entry) {
    file.database = examine_dump(file.path, metadata, options.database_check, name);
  } else if (file.entry.ends_with(".json")) {
    FileReader reader(file.path);
    std::optional<TaskMarks> marks;
    if (options.want_marks) marks.emplace(file.path.parent_path());
    file.summary =
        scan_json(reader, task_file_of(file.entry), name, ErrorKind::archive, std::move(marks));
    compare_tasks(metadata, file, backup.name());
  }
}

/// A database takes a thread some time to check, in which the JSON files can be extracted.
std::vector<StagedFile*> in_order_of_extraction(std::vector<StagedFile>& files) {
  std::vector<StagedFile*> order;
  order.reserve(files.size());
  for (StagedFile& file : files) order.push_back(&file);
  std::stable_partition(order.begin(), order.end(),
                        [](const StagedFile* file) { return is_database_entry(file->entry); });
  return order;
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
    if (chosen(entry.name, options.only)) staged.push_back({entry.name, {}, {}, {}, {}});
  }
  SideWork examinations(backup.jobs() > 1);
  for (StagedFile* file : in_order_of_extraction(staged)) {
    file->path = options.place(file->entry);
    file->digest = backup.check(*backup.find(file->entry), progress, file->path, options.lifetime);
    examinations.begin([&, file] {
      try {
        examine(*file, backup, options, examinations.abandoned());
      } catch (const Error&) {
        // Some file systems say only now that there was no room for it: that is not the archive's
        // fault.
        if (options.lifetime == Lifetime::scratch) sync_file(file->path);
        throw;
      }
    });
  }
  examinations.finish();
  return staged;
}

}  // namespace a2a_backup
