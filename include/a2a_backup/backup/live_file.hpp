// SPDX-License-Identifier: MIT
/// The steps that change live files: keep the old one, put another in its place. Each can be
/// repeated after a crash in its middle.
#pragma once

#include <chrono>
#include <memory>
#include <optional>

#include "a2a_backup/backup/restore_journal.hpp"
#include "a2a_backup/source/database_replacement.hpp"
#include "a2a_backup/source/postgresql_url.hpp"

namespace a2a_backup {

/// How live data is reached.
struct LiveAccess {
  std::optional<PostgresqlUrl> postgresql;    ///< where the live database is one
  std::chrono::milliseconds timeout{10'000};  ///< for locks
};

/// Where the entry lives in the a2a-system at `root`, as an absolute path with the links in it
/// resolved; `database` is the database's file or URL. Throws Error of kind `refused` when a link
/// leads out of the system.
fs::path live_path(const fs::path& root, const std::string& entry, const fs::path& database);

/// The closest folder above `path` that exists.
fs::path existing_parent(const fs::path& path);

/// Gives the prepared file the owner and mode of the live one, or where there is none the owner of
/// the folder and mode 0600, so that the application can use it whoever runs the restore.
void adopt_owner(const fs::path& prepared, const fs::path& live);

/// The held live database that `slot` is to be put into; nullptr where a rename is the way. A copy
/// whose pages have another size is rewritten, then `slot` has another digest.
std::unique_ptr<DatabaseReplacement> lock_database(const Target& target, Slot& slot,
                                                   const LiveAccess& access);

/// Keeps what is live now in `folder`; `lock` is the held database, if the entry is one and it
/// could be opened.
Slot keep_old(const Target& target, const fs::path& folder, DatabaseReplacement* lock);

/// Makes `slot` the live content, durably. A database that can be opened is replaced in one
/// transaction (`lock` when it is held already), everything else by rename.
void put_in_place(const Target& target, const Slot& slot, std::unique_ptr<DatabaseReplacement> lock,
                  const LiveAccess& access);

/// Whether the live file is the slot's file, under a second name; of a PostgreSQL database whether
/// it still has the very objects that it had when the slot was kept.
bool is_in_place(const Target& target, const Slot& slot, const LiveAccess& access);

}  // namespace a2a_backup
