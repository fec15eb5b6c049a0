// SPDX-License-Identifier: MIT
#include "a2a_backup/source/sqlite_file.hpp"

#include <algorithm>
#include <cstring>
#include <vector>

#include "sqlite_image.hpp"
#include "sqlite_tables.hpp"

namespace a2a_backup {
namespace {

void require_sound(SQLite::Database& database, SqliteCheck check, const std::string& name,
                   ErrorKind kind) {
  if (check == SqliteCheck::none) return;
  const std::string pragma = check == SqliteCheck::full ? "integrity_check" : "quick_check";
  std::string result = query_text(database, "PRAGMA " + pragma + "(1)");
  if (result == "ok") return;
  std::replace(result.begin(), result.end(), '\n', ' ');
  throw Error(kind, "the database " + name + " is damaged: " + pragma + " says: " + result,
              damage_hint(kind));
}

bool same_value(const SQLite::Column& a, const SQLite::Column& b) {
  if (a.getType() != b.getType()) return false;
  if (a.isNull()) return true;
  const void* left = a.getBlob();
  const void* right = b.getBlob();
  const auto size = static_cast<std::size_t>(a.getBytes());
  if (size != static_cast<std::size_t>(b.getBytes())) return false;
  return size == 0 || std::memcmp(left, right, size) == 0;
}

bool same_result(SQLite::Database& database, const std::string& sql_a, const std::string& sql_b) {
  SQLite::Statement a(database, sql_a);
  SQLite::Statement b(database, sql_b);
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

bool same_rows(SQLite::Database& database, const std::string& table) {
  std::string order;
  for (const std::string& column : key_columns(database, table, "main")) {
    order += (order.empty() ? "" : ", ") + column;
  }
  const std::string name = quote_name(table);
  return same_result(database, "SELECT * FROM main." + name + " ORDER BY " + order,
                     "SELECT * FROM other." + name + " ORDER BY " + order);
}

bool same_schema(SQLite::Database& database) {
  const std::string columns = "SELECT type, name, tbl_name, sql FROM ";
  const std::string order = ".sqlite_master ORDER BY type, name";
  return same_result(database, columns + "main" + order, columns + "other" + order) &&
         same_result(database, "PRAGMA main.user_version", "PRAGMA other.user_version");
}

SqliteDifference compare_attached(SQLite::Database& database) {
  const SQLite::Transaction one_view(database);
  SqliteDifference difference;
  bool lost_any = false;
  for (const std::string& table : table_names(database, "main")) {
    difference.live_rows[table] = count_rows(database, "main", table);
  }
  const std::vector<std::string> others = table_names(database, "other");
  for (const auto& [table, rows] : difference.live_rows) {
    const bool known = std::find(others.begin(), others.end(), table) != others.end();
    difference.lost_rows[table] = known ? count_only_in(database, table, "main", "other") : rows;
    lost_any = lost_any || difference.lost_rows[table] > 0;
  }
  difference.same = !lost_any && same_schema(database);
  for (const std::string& table : others) {
    difference.same = difference.same && same_rows(database, table);
  }
  return difference;
}

DatabaseRecord examine(SQLite::Database& database, SqliteCheck check, const std::string& name,
                       ErrorKind kind) {
  DatabaseRecord record;
  record.engine = "sqlite";
  record.page_size = static_cast<std::uint64_t>(query_number(database, "PRAGMA page_size"));
  record.page_count = static_cast<std::uint64_t>(query_number(database, "PRAGMA page_count"));
  record.user_version = query_number(database, "PRAGMA user_version");
  require_sound(database, check, name, kind);
  for (const std::string& table : table_names(database, "main")) {
    record.tables[table] = count_rows(database, "main", table);
  }
  return record;
}

}  // namespace

DatabaseRecord examine_sqlite(const fs::path& file, SqliteCheck check, const std::string& name,
                              ErrorKind kind) {
  try {
    SQLite::Database database = open_at_rest(file);
    return examine(database, check, name, kind);
  } catch (const SQLite::Exception& error) {
    throw_sqlite(error, name, kind);
  }
}

DatabaseRecord examine_sqlite(const RandomAccess& bytes, SqliteCheck check, const std::string& name,
                              ErrorKind kind, const std::atomic<bool>& abandoned) {
  const SqliteImage image(bytes, abandoned);
  try {
    SQLite::Database database = open_image(image);
    return examine(database, check, name, kind);
  } catch (const SQLite::Exception& error) {
    image.rethrow();
    throw_sqlite(error, name, kind);
  } catch (const Error&) {
    image.rethrow();
    throw;
  }
}

SqliteDifference compare_sqlite(const fs::path& live, const fs::path& other,
                                std::chrono::milliseconds timeout) {
  try {
    SQLite::Database database = open_pair(live, other);
    return retry_while_busy(timeout, [&] { return compare_attached(database); });
  } catch (const SQLite::Exception& error) {
    throw_sqlite(error, live.string(), ErrorKind::source);
  }
}

void set_page_size(const fs::path& file, std::uint64_t page_size) {
  try {
    SQLite::Database database = open_scratch(file);
    database.exec("PRAGMA journal_mode=DELETE");
    const auto present = static_cast<std::uint64_t>(query_number(database, "PRAGMA page_size"));
    if (page_size == 0 || page_size == present) return;
    database.exec("PRAGMA page_size=" + std::to_string(page_size));
    database.exec("VACUUM");
  } catch (const SQLite::Exception& error) {
    throw_sqlite(error, file.string(), ErrorKind::failed);
  }
}

}  // namespace a2a_backup
