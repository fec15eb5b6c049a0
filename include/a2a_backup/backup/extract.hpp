// SPDX-License-Identifier: MIT
/// Takes a backup apart into a folder, or a database, of its own.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "a2a_backup/backup/catalog.hpp"
#include "a2a_backup/core/progress.hpp"
#include "a2a_backup/source/postgresql_url.hpp"

namespace a2a_backup {

/// Writes the chosen entries of a backup, proven, into `folder`, which must be empty or not exist
/// yet (else Error of kind `refused`). Returns the entry names. On failure the folder is as before.
std::vector<std::string> restore_to_folder(SelectedBackup& backup, const fs::path& folder,
                                           const std::vector<std::string>& only,
                                           Progress& progress);

/// Puts the PostgreSQL dump of a backup, proven, into an existing database without tables (else
/// Error of kind `refused`), and counts there what it holds; the JSON files are left alone.
/// `scratch_parent` takes a copy of the dump meanwhile. On failure the database is as before.
void restore_to_database(SelectedBackup& backup, const PostgresqlUrl& url, bool no_owner,
                         const fs::path& scratch_parent, std::chrono::milliseconds lock_timeout,
                         Progress& progress);

}  // namespace a2a_backup
