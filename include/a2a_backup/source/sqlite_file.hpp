// SPDX-License-Identifier: MIT
/// A SQLite database file at rest: checked, counted, compared.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "a2a_backup/archive/metadata.hpp"
#include "a2a_backup/core/file.hpp"
#include "a2a_backup/source/database_replacement.hpp"

namespace a2a_backup {

/// How thorough a check is: quick_check reads every page, integrity_check compares every index with
/// its table as well.
enum class SqliteCheck : std::uint8_t { none, quick, full };

/// What a database file that nobody else has open holds. It is treated as hostile: its schema is
/// not trusted, its cell sizes are checked. Throws Error of `kind`, calling it `name`, when it is
/// not a SQLite database or fails the check. `source` and `journal_mode` are left empty.
DatabaseRecord examine_sqlite(const fs::path& file, SqliteCheck check, const std::string& name,
                              ErrorKind kind);

/// The same for the bytes of such a file, which are read by one thread at a time. It ends with an
/// Error soon after `abandoned` has become true.
DatabaseRecord examine_sqlite(const RandomAccess& bytes, SqliteCheck check, const std::string& name,
                              ErrorKind kind, const std::atomic<bool>& abandoned);

/// Reads both within one read transaction. Throws Error of kind `source` when the live one cannot
/// be read, of kind `busy` when it stays locked for longer than `timeout`.
DatabaseDifference compare_sqlite(const fs::path& live, const fs::path& other,
                                  std::chrono::milliseconds timeout);

/// The same answer as its `same`, without counting rows where that needs none.
bool is_same_sqlite(const fs::path& live, const fs::path& other, std::chrono::milliseconds timeout);

/// Throws Error of kind `failed` when a database that may be in use is damaged, and of kind `busy`
/// when it stays locked.
void require_sound_live(const fs::path& live, std::chrono::milliseconds timeout);

/// Makes `file` a database in rollback-journal mode with pages of `page_size` bytes (0: as they
/// are), which a live database can take over page by page. True when that changed the file, which
/// only another size rewrites as a whole.
bool set_page_size(const fs::path& file, std::uint64_t page_size);

}  // namespace a2a_backup
