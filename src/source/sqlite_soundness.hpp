// SPDX-License-Identifier: MIT
/// Whether a database is sound, asked in one way.
#pragma once

#include <string>

#include "a2a_backup/source/sqlite_file.hpp"
#include "sqlite_common.hpp"

namespace a2a_backup {

/// Whether `main` passes the full check, its indexes and what no row is read from as well.
bool is_sound(SQLite::Database& database);

/// Throws Error of `kind`, calling the database `name`, with what the check says.
void require_sound(SQLite::Database& database, SqliteCheck check, const std::string& name,
                   ErrorKind kind);

}  // namespace a2a_backup
