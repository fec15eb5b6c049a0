// SPDX-License-Identifier: MIT
#include "sqlite_tables.hpp"

namespace a2a_backup {

SQLite::Database open_pair(const fs::path& live, const fs::path& other) {
  SQLite::Database database = open_live(live);
  SQLite::Statement attach(database, "ATTACH ? AS other");
  attach.bind(1, immutable_uri(other));
  attach.exec();
  return database;
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

}  // namespace a2a_backup
