// SPDX-License-Identifier: MIT
#include "a2a_backup/backup/verify.hpp"

#include "a2a_backup/archive/entry_name.hpp"
#include "a2a_backup/backup/staged_backup.hpp"
#include "a2a_backup/source/postgresql_dump.hpp"

namespace a2a_backup {

Verification verify_backup(SelectedBackup& backup, const fs::path& scratch_parent,
                           Progress& progress) {
  const StagingDir scratch(scratch_parent);
  StageOptions stage;
  stage.lifetime = Lifetime::scratch;
  stage.place = [&](const std::string& entry) {
    return scratch.path() / fs::path(entry).filename();
  };
  progress.phase("verify", staged_size(*backup.file, {}));
  Verification result;
  result.name = backup.name;
  result.legacy = backup.file->metadata().legacy();
  result.time = backup.file->metadata().timestamp;
  for (const StagedFile& file : stage_backup(*backup.file, stage, progress)) {
    ++result.entries;
    result.bytes += file.digest.size;
    result.tasks += file.summary.tasks.total;
    if (!file.database) continue;
    result.has_database = true;
    result.database_proof = file.entry != postgresql_entry ? "integrity_check ok"
                            : can_read_dumps()             ? "pg_restore reads all of it"
                                               : "digest only: pg_restore is not installed";
    for (const auto& [table, rows] : file.database->tables) result.rows += rows;
  }
  return result;
}

}  // namespace a2a_backup
