// SPDX-License-Identifier: MIT
/// What a PostgreSQL server says of itself and of the tables in a database.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "a2a_backup/core/clock.hpp"
#include "postgresql_session.hpp"

namespace a2a_backup {

struct PostgresqlServer {
  int major = 0;
  std::string version;  ///< "15.14"
  bool standby = false;
  std::uint64_t table_bytes = 0;  ///< of all tables and large objects, without indexes
  std::string trouble;            ///< why a standby's data may be old, else empty
};

PostgresqlServer read_server(PostgresqlSession& session);

/// UTF8, so that names are what a session calls them; but SQL_ASCII for a database in that, where
/// not every byte can be converted.
std::string encoding_of_dump(PostgresqlSession& session);

/// The time at which the open transaction began.
TimePoint transaction_time(PostgresqlSession& session);

struct PostgresqlTable {
  std::string identifier;  ///< quoted, to be used in statements
  /// As a line of `pg_restore --list` has it: " TABLE schema name ".
  std::string toc_words;
};

/// The tables that pg_dump would dump with their rows.
std::vector<PostgresqlTable> list_tables(PostgresqlSession& session);

/// The names of the extensions that the database has.
std::vector<std::string> list_extensions(PostgresqlSession& session);

/// Whether a restore into the database would meet nothing: no table, view, sequence, function or
/// type, and no schema but public.
bool holds_nothing(PostgresqlSession& session);

/// How many rows each of them has, by name: "tasks", outside of the schema public "schema.tasks".
std::map<std::string, std::uint64_t> row_counts(PostgresqlSession& session);

/// A digest of what tables, views and sequences there are, each by its object identifier: it
/// changes when one is dropped and created anew, even with the same content.
std::string identity_of_objects(PostgresqlSession& session);

}  // namespace a2a_backup
