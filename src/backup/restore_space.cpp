// SPDX-License-Identifier: MIT
#include "restore_space.hpp"

#include "a2a_backup/archive/entry_name.hpp"
#include "a2a_backup/backup/staged_backup.hpp"
#include "a2a_backup/core/space_needs.hpp"
#include "a2a_backup/core/text.hpp"
#include "a2a_backup/source/postgresql_replacement.hpp"

namespace a2a_backup {

/// Staged copy, plus the old content kept for undo, plus what a write-ahead log takes in between. A
/// compressed dump of what a PostgreSQL database holds now seldom takes more than half of that.
void require_restore_space(const BackupFile& backup, const RestoreOptions& options,
                           const fs::path& database, const LiveAccess& access) {
  SpaceNeeds needs;
  for (const ZipEntry& entry : backup.entries()) {
    if (!options.only.empty() && !matches_any(options.only, entry.name)) continue;
    const fs::path live = live_path(options.root, entry.name, database);
    if (entry.name == postgresql_entry) {
      const auto live_size = size_of_postgresql(access.postgresql.value(), access.timeout);
      needs.add(options.root, entry.size + live_size / 2);
      continue;
    }
    const fs::path folder = existing_parent(live);
    needs.add(folder, entry.size);
    const auto old = stat_path(live);
    if (old && is_sqlite_entry(entry.name)) {
      needs.add(folder, static_cast<std::uint64_t>(old->st_size) + entry.size);
    }
  }
  needs.require("to restore safely",
                "free some space; old backups are in the backup folder, see 'a2a-backup list'");
}

}  // namespace a2a_backup
