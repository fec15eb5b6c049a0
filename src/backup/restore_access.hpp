// SPDX-License-Identifier: MIT
/// Which live database a restore reaches, and whether it may.
#pragma once

#include <optional>
#include <vector>

#include "a2a_backup/backup/backup_file.hpp"
#include "a2a_backup/backup/live_file.hpp"
#include "a2a_backup/backup/restore.hpp"
#include "a2a_backup/source/database_location.hpp"

namespace a2a_backup {

/// Throws Error of kind `refused` when what is chosen of the backup holds the database of another
/// engine than the live one.
void refuse_foreign_database(const BackupFile& backup, const RestoreOptions& options,
                             const std::optional<DatabaseLocation>& live);

/// How the live data of the targets is reached; their journal holds no password. Throws Error of
/// kind `refused` when another database is configured now.
LiveAccess access_to(const std::vector<Target>& targets, const RestoreOptions& options);

}  // namespace a2a_backup
