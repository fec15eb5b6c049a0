// SPDX-License-Identifier: MIT
#include "sqlite_tables.hpp"

#include <bit>
#include <cstring>
#include <nlohmann/json.hpp>

namespace a2a_backup {
namespace {

/// Numbers as such: asked for its bytes, SQLite would print one.
bool same_value(const SQLite::Column& a, const SQLite::Column& b) {
  if (a.getType() != b.getType()) return false;
  switch (a.getType()) {
    case SQLITE_NULL:
      return true;
    case SQLITE_INTEGER:
      return a.getInt64() == b.getInt64();
    case SQLITE_FLOAT:
      return std::bit_cast<std::uint64_t>(a.getDouble()) ==
             std::bit_cast<std::uint64_t>(b.getDouble());
    default:
      break;
  }
  const void* left = a.getBlob();
  const void* right = b.getBlob();
  const auto size = static_cast<std::size_t>(a.getBytes());
  if (size != static_cast<std::size_t>(b.getBytes())) return false;
  return size == 0 || std::memcmp(left, right, size) == 0;
}

}  // namespace

SQLite::Database open_pair(const fs::path& live, const fs::path& other) {
  SQLite::Database database = open_live(live);
  SQLite::Statement attach(database, "ATTACH ? AS other");
  attach.bind(1, immutable_uri(other));
  attach.exec();
  return database;
}

std::string record_name(const std::string& table) {
  using nlohmann::json;
  return json::parse(json(table).dump(-1, ' ', false, json::error_handler_t::replace));
}

std::vector<std::string> table_names(SQLite::Database& database, const std::string& schema) {
  std::vector<std::string> names;
  SQLite::Statement statement(
      database, "SELECT name FROM " + schema + ".sqlite_master WHERE type='table' AND rootpage>0 " +
                    "AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name");
  while (statement.executeStep()) names.push_back(statement.getColumn(0).getString());
  return names;
}

std::uint64_t count_rows(SQLite::Database& database, const std::string& schema,
                         const std::string& table) {
  return static_cast<std::uint64_t>(
      query_number(database, "SELECT count(*) FROM " + schema + "." + quote_name(table)));
}

std::vector<std::string> key_columns(SQLite::Database& database, const std::string& table,
                                     const std::string& schema) {
  std::vector<std::string> columns;
  SQLite::Statement statement(database,
                              "SELECT name FROM pragma_table_info(?, ?) WHERE pk>0 ORDER BY pk");
  statement.bind(1, table);
  statement.bind(2, schema);
  while (statement.executeStep()) columns.push_back(quote_name(statement.getColumn(0).getString()));
  if (columns.empty()) columns.emplace_back("rowid");
  return columns;
}

bool same_keys(SQLite::Database& database, const std::string& table) {
  return key_columns(database, table, "main") == key_columns(database, table, "other");
}

std::string keys_match(SQLite::Database& database, const std::string& table) {
  std::string condition;
  for (const std::string& column : key_columns(database, table, "main")) {
    // IS, because a key may be NULL, which equals nothing.
    if (!condition.empty()) condition += " AND ";
    condition.append("b.").append(column).append(" IS a.").append(column);
  }
  return condition;
}

std::uint64_t count_only_in(SQLite::Database& database, const std::string& table,
                            const std::string& schema, const std::string& elsewhere) {
  if (!same_keys(database, table)) return count_rows(database, schema, table);
  const std::string name = quote_name(table);
  return static_cast<std::uint64_t>(
      query_number(database, "SELECT count(*) FROM " + schema + "." + name +
                                 " AS a WHERE NOT EXISTS (SELECT 1 FROM " + elsewhere + "." + name +
                                 " AS b WHERE " + keys_match(database, table) + ")"));
}

bool same_result(SQLite::Statement a, SQLite::Statement b) {
  if (a.getColumnCount() != b.getColumnCount()) return false;
  for (;;) {
    const bool more = a.executeStep();
    if (more != b.executeStep()) return false;
    if (!more) return true;
    for (int column = 0; column < a.getColumnCount(); ++column) {
      if (!same_value(a.getColumn(column), b.getColumn(column))) return false;
    }
    check_interrupt();
  }
}

bool same_schema(SQLite::Database& a, SQLite::Database& b, const std::string& schema_of_b) {
  const auto same = [&](const std::string& before, const std::string& after) {
    return same_result({a, before + "main" + after}, {b, before + schema_of_b + after});
  };
  if (!same("SELECT type, name, tbl_name, sql FROM ", ".sqlite_master ORDER BY type, name") ||
      !same("PRAGMA ", ".user_version") || !same("PRAGMA ", ".application_id")) {
    return false;
  }
  // Where the numbers go on that AUTOINCREMENT gives.
  return !a.tableExists("sqlite_sequence") ||
         same("SELECT name, seq FROM ", ".sqlite_sequence ORDER BY name, seq");
}

}  // namespace a2a_backup
