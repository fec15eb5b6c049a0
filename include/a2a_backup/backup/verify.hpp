// SPDX-License-Identifier: MIT
/// The drill: a backup is read as a restore would read it, and compared with what it promises.
#pragma once

#include <string>

#include "a2a_backup/backup/catalog.hpp"
#include "a2a_backup/core/progress.hpp"

namespace a2a_backup {

struct Verification {
  std::string name;
  std::size_t entries = 0;
  std::uint64_t bytes = 0;  ///< uncompressed
  std::uint64_t tasks = 0;
  std::uint64_t rows = 0;
  bool has_database = false;
  std::string database_proof;  ///< what was checked beyond its digest: "integrity_check ok"
  bool legacy = false;         ///< there were no digests to compare with
  TimePoint time{};
};

/// Extracts everything into a private folder under `scratch_parent`, compares every size, CRC-32
/// and SHA-256, parses every JSON file, runs integrity_check on a SQLite database
/// and compares its rows, and reads every block of a dump with pg_restore where that is installed.
/// Throws Error of kind `archive` on the first difference.
Verification verify_backup(SelectedBackup& backup, const fs::path& scratch_parent,
                           Progress& progress);

}  // namespace a2a_backup
