// SPDX-License-Identifier: MIT
/// Whether there is room for a restore.
#pragma once

#include "a2a_backup/backup/backup_file.hpp"
#include "a2a_backup/backup/live_file.hpp"
#include "a2a_backup/backup/restore.hpp"

namespace a2a_backup {

/// Throws Error of kind `failed` when there is none for what is chosen of the backup and for what
/// is kept of the live data; `database` is the live database's file or URL.
void require_restore_space(const BackupFile& backup, const RestoreOptions& options,
                           const fs::path& database, const LiveAccess& access);

}  // namespace a2a_backup
