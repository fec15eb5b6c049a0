// SPDX-License-Identifier: MIT
#include "a2a_backup/backup/inspect.hpp"

#include "a2a_backup/backup/staged_backup.hpp"

namespace a2a_backup {
namespace {

/// What a version 1 archive does not say of itself is worked out from its content.
void complete_legacy(BackupFile& file, Metadata& metadata, const fs::path& scratch_parent,
                     Progress& progress) {
  const StagingDir scratch(scratch_parent);
  StageOptions stage;
  stage.lifetime = Lifetime::scratch;
  stage.database_check = SqliteCheck::none;
  stage.place = [&](const std::string& entry) {
    return scratch.path() / fs::path(entry).filename();
  };
  for (const StagedFile& staged : stage_backup(file, stage, progress)) {
    EntryRecord record;
    record.path = staged.entry;
    record.size = staged.digest.size;
    record.sha256 = staged.digest.sha256;
    metadata.entries.push_back(std::move(record));
    if (staged.database) metadata.database = staged.database;
    if (task_file_of(staged.entry) == TaskFile::other) continue;
    if (!metadata.tasks) metadata.tasks.emplace();
    merge_tasks(*metadata.tasks, staged.summary.tasks);
  }
}

}  // namespace

Inspection inspect_backup(SelectedBackup& backup, const fs::path& scratch_parent,
                          Progress& progress) {
  BackupFile& file = *backup.file;
  Inspection inspection;
  inspection.name = backup.name;
  inspection.location = file.name();
  inspection.size = backup.stored_size;
  inspection.encrypted = backup.encrypted;
  inspection.metadata = file.metadata();
  if (file.metadata().legacy()) {
    complete_legacy(file, inspection.metadata, scratch_parent, progress);
  }
  for (const ZipEntry& entry : file.entries()) {
    const EntryRecord* record = inspection.metadata.find(entry.name);
    inspection.entries.push_back(
        {entry.name, entry.size, entry.compressed_size, record == nullptr ? "" : record->sha256});
  }
  return inspection;
}

}  // namespace a2a_backup
