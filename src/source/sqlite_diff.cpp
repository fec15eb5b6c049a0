// SPDX-License-Identifier: MIT
#include "a2a_backup/source/sqlite_diff.hpp"

#include <algorithm>
#include <set>

#include "sqlite_tables.hpp"

namespace a2a_backup {
namespace {

std::set<std::string> column_names(SQLite::Database& database, const std::string& table,
                                   const std::string& schema) {
  std::set<std::string> names;
  SQLite::Statement statement(database, "SELECT name FROM pragma_table_info(?, ?)");
  statement.bind(1, table);
  statement.bind(2, schema);
  while (statement.executeStep()) names.insert(statement.getColumn(0).getString());
  return names;
}

std::uint64_t count_changed(SQLite::Database& database, const std::string& table) {
  if (!same_keys(database, table)) return 0;
  const std::set<std::string> others = column_names(database, table, "other");
  std::string differs;
  for (const std::string& column : column_names(database, table, "main")) {
    if (!others.contains(column)) continue;
    const std::string name = quote_name(column);
    // The column's collation must not make "A" and "a" equal, nor its affinity 1 and "1".
    differs.append(differs.empty() ? "a." : " OR a.").append(name);
    differs.append(" IS NOT b.").append(name).append(" COLLATE BINARY OR typeof(a.").append(name);
    differs.append(") <> typeof(b.").append(name).append(")");
  }
  if (differs.empty()) return 0;
  const std::string name = quote_name(table);
  return static_cast<std::uint64_t>(
      query_number(database, "SELECT count(*) FROM main." + name + " AS a JOIN other." + name +
                                 " AS b ON " + keys_match(database, table) + " WHERE " + differs));
}

TableChanges compare_table(SQLite::Database& database, const std::string& name, bool before,
                           bool after) {
  TableChanges table{name, before, after};
  if (before) table.rows_before = count_rows(database, "main", name);
  if (after) table.rows_after = count_rows(database, "other", name);
  if (before && after) {
    table.removed = count_only_in(database, name, "main", "other");
    table.added = count_only_in(database, name, "other", "main");
    table.changed = count_changed(database, name);
  } else {
    table.removed = table.rows_before;
    table.added = table.rows_after;
  }
  return table;
}

std::vector<TableChanges> compare_tables(SQLite::Database& database) {
  const std::vector<std::string> before = table_names(database, "main");
  const std::vector<std::string> after = table_names(database, "other");
  std::set<std::string> names(before.begin(), before.end());
  names.insert(after.begin(), after.end());
  std::vector<TableChanges> tables;
  for (const std::string& name : names) {
    check_interrupt();
    tables.push_back(compare_table(database, name,
                                   std::find(before.begin(), before.end(), name) != before.end(),
                                   std::find(after.begin(), after.end(), name) != after.end()));
  }
  return tables;
}

/// SQLite's own indexes and tables have no SQL; they come and go with what they serve.
std::vector<SchemaChange> compare_schema(SQLite::Database& database) {
  std::vector<SchemaChange> changes;
  const std::string objects = ".sqlite_master WHERE sql IS NOT NULL";
  const std::string both = "SELECT type, name, sql AS before, NULL AS after FROM main" + objects +
                           " UNION ALL SELECT type, name, NULL, sql FROM other" + objects;
  SQLite::Statement statement(
      database, "SELECT type, name, coalesce(max(before), ''), coalesce(max(after), '') FROM (" +
                    both + ") GROUP BY type, name HAVING max(before) IS NOT max(after)");
  while (statement.executeStep()) {
    changes.push_back({statement.getColumn(0).getString(), statement.getColumn(1).getString(),
                       statement.getColumn(2).getString(), statement.getColumn(3).getString()});
  }
  const std::int64_t before = query_number(database, "PRAGMA main.user_version");
  const std::int64_t after = query_number(database, "PRAGMA other.user_version");
  if (before != after) {
    changes.push_back(
        {"user_version", "user_version", std::to_string(before), std::to_string(after)});
  }
  return changes;
}

}  // namespace

bool DatabaseDiff::any() const {
  return !schema.empty() || std::any_of(tables.begin(), tables.end(),
                                        [](const TableChanges& table) { return table.any(); });
}

DatabaseDiff reversed(DatabaseDiff diff) {
  for (TableChanges& table : diff.tables) {
    std::swap(table.before, table.after);
    std::swap(table.rows_before, table.rows_after);
    std::swap(table.added, table.removed);
  }
  for (SchemaChange& change : diff.schema) std::swap(change.before, change.after);
  return diff;
}

DatabaseDiff diff_sqlite(const fs::path& before, const fs::path& after,
                         std::chrono::milliseconds timeout) {
  try {
    SQLite::Database database = open_pair(before, after);
    return retry_while_busy(timeout, [&] {
      const SQLite::Transaction one_view(database);
      return DatabaseDiff{compare_tables(database), compare_schema(database)};
    });
  } catch (const SQLite::Exception& error) {
    throw_sqlite(error, before.string(), ErrorKind::source);
  }
}

}  // namespace a2a_backup
