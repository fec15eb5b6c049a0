// SPDX-License-Identifier: MIT
/// The steps that change live files: keep the old one, put another in its place. Each can be
/// repeated after a crash in its middle.
#pragma once

#include <chrono>
#include <memory>

#include "a2a_backup/backup/restore_journal.hpp"
#include "a2a_backup/source/sqlite_replacement.hpp"

namespace a2a_backup {

/// Where the entry lives in the a2a-system at `root`, as an absolute path with the links in it
/// resolved; `database` is the database's file. Throws Error of kind `refused` when a link leads
/// out of the system.
fs::path live_path(const fs::path& root, const std::string& entry, const fs::path& database);

/// The closest folder above `path` that exists.
fs::path existing_parent(const fs::path& path);

/// Gives the prepared file the owner and mode of the live one, or where there is none the owner of
/// the folder and mode 0600, so that the application can use it whoever runs the restore.
void adopt_owner(const fs::path& prepared, const fs::path& live);

/// Keeps what is live now in `folder`; `lock` is the held database, if the entry is one and it
/// could be opened.
Slot keep_old(const Target& target, const fs::path& folder, SqliteReplacement* lock);

/// Makes `slot` the live content, durably. A database that can be opened is replaced in one
/// transaction (`lock` when it is held already), everything else by rename.
void put_in_place(const Target& target, const Slot& slot, std::unique_ptr<SqliteReplacement> lock,
                  std::chrono::milliseconds timeout);

/// Whether the live file is the slot's file, under a second name.
bool is_in_place(const Target& target, const Slot& slot);

}  // namespace a2a_backup
