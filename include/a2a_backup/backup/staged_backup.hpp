// SPDX-License-Identifier: MIT
/// A backup taken out of its archive into a private place, and proven there.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "a2a_backup/backup/backup_file.hpp"
#include "a2a_backup/source/sqlite_file.hpp"
#include "a2a_backup/source/task_json.hpp"

namespace a2a_backup {

struct StagedFile {
  std::string entry;
  fs::path path;
  FileDigest digest;
  JsonSummary summary;                     ///< of a JSON file
  std::optional<DatabaseRecord> database;  ///< of a database; of a PostgreSQL dump as captured
};

struct StageOptions {
  std::vector<std::string> only;  ///< globs over entry names; empty means all
  SqliteCheck database_check = SqliteCheck::full;
  bool want_marks = false;  ///< see JsonSummary::marks
  Lifetime lifetime = Lifetime::durable;
  /// Where an entry goes; the folder must exist and be private. Marks that are many go there too.
  std::function<fs::path(const std::string& entry)> place;
};

/// Extracts the chosen entries and proves each: size, CRC-32, SHA-256 where the metadata
/// has one, JSON that parses, a database that passes its check and has as many rows as the metadata
/// says; in the order of the archive. Each is examined while the next is extracted. Throws Error of
/// kind `archive` when one fails; what was extracted is left to the owner of the folder.
std::vector<StagedFile> stage_backup(BackupFile& backup, const StageOptions& options,
                                     Progress& progress);

/// How a database is checked that is about to be restored. Its SHA-256 says that it is the one that
/// passed quick_check when it was captured; without one, nothing is known of it.
SqliteCheck check_of_restore(const BackupFile& backup);

/// For globs that chose nothing: Error of kind `not_found` that names what there is.
Error nothing_matches(const BackupFile& backup, const std::string& name);

/// Whether an entry is the SQLite database.
bool is_sqlite_entry(std::string_view entry);

/// Whether it is that or the PostgreSQL dump.
bool is_database_entry(std::string_view entry);

/// Bytes of the chosen entries, uncompressed.
std::uint64_t staged_size(const BackupFile& backup, const std::vector<std::string>& only);

}  // namespace a2a_backup
