// SPDX-License-Identifier: MIT
/// The tables of a database, and of another one attached to it as "other", row by row.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sqlite_common.hpp"

namespace a2a_backup {

/// Opens `live`, which may be in use, with `other`, which is at rest, attached to it as "other".
SQLite::Database open_pair(const fs::path& live, const fs::path& other);

/// How a table is called in records and messages, which are UTF-8: U+FFFD stands for what in its
/// name is none.
std::string record_name(const std::string& table);

/// Tables with rows of their own, by name; virtual tables and views have no root page.
std::vector<std::string> table_names(SQLite::Database& database, const std::string& schema);

std::uint64_t count_rows(SQLite::Database& database, const std::string& schema,
                         const std::string& table);

/// The columns that tell one row from another, quoted: the primary key, else the rowid.
std::vector<std::string> key_columns(SQLite::Database& database, const std::string& table,
                                     const std::string& schema);

/// Whether rows of both can be matched by their keys.
bool same_keys(SQLite::Database& database, const std::string& table);

/// The condition under which a row `a` and a row `b` have the same key.
std::string keys_match(SQLite::Database& database, const std::string& table);

/// Rows of the table in `schema` whose key the one in `elsewhere` does not have; all of them when
/// the keys are not of one kind.
std::uint64_t count_only_in(SQLite::Database& database, const std::string& table,
                            const std::string& schema, const std::string& elsewhere);

/// Whether two queries have the same answer, value by value and type by type.
bool same_result(SQLite::Statement a, SQLite::Statement b);

/// Whether `main` of `a` and the named schema of `b` have the same objects, versions and counters.
bool same_schema(SQLite::Database& a, SQLite::Database& b, const std::string& schema_of_b);

}  // namespace a2a_backup
