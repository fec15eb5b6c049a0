// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

#include "a2a_backup/source/sqlite_file.hpp"
#include "sqlite_image.hpp"
#include "sqlite_snapshot.hpp"
#include "sqlite_tables.hpp"

namespace a2a_backup {
namespace {

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

DatabaseDifference compare_attached(SQLite::Database& database) {
  const SQLite::Transaction one_view(database);
  DatabaseDifference difference;
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

/// What the header of a database counts of its own history, first byte and number of bytes
/// (https://www.sqlite.org/fileformat2.html): changes, versions of the schema, and which SQLite
/// wrote last.
constexpr std::array<std::pair<std::size_t, std::size_t>, 3> histories{{{24, 4}, {40, 4}, {92, 8}}};

/// Whether two databases are the same page by page, apart from how often they were written.
bool same_pages(const RandomAccess& a, const RandomAccess& b) {
  constexpr std::size_t piece_size = std::size_t{1} << 20;
  if (a.size() != b.size()) return false;
  std::vector<std::byte> left(piece_size);
  std::vector<std::byte> right(piece_size);
  for (std::uint64_t offset = 0; offset < a.size(); offset += piece_size) {
    check_interrupt();
    const auto count =
        static_cast<std::size_t>(std::min<std::uint64_t>(piece_size, a.size() - offset));
    a.read_at(offset, std::span(left).first(count));
    b.read_at(offset, std::span(right).first(count));
    for (const auto& [start, bytes] : histories) {
      if (offset == 0) std::memcpy(left.data() + start, right.data() + start, bytes);
    }
    if (std::memcmp(left.data(), right.data(), count) != 0) return false;
  }
  return true;
}

/// Counts for a live database that is page by page the other one; nothing when it is not.
std::optional<DatabaseDifference> compare_pages(const fs::path& live, const fs::path& other) {
  const auto snapshot = SqliteSnapshot::take(live);
  if (!snapshot || !same_pages(*snapshot, *open_random_access(other))) return std::nullopt;
  const std::atomic<bool> never{false};
  DatabaseDifference difference;
  difference.same = true;
  difference.live_rows =
      examine_sqlite(*snapshot, SqliteCheck::none, live.string(), ErrorKind::source, never).tables;
  for (const auto& [table, rows] : difference.live_rows) difference.lost_rows[table] = 0;
  return difference;
}

}  // namespace

DatabaseDifference compare_sqlite(const fs::path& live, const fs::path& other,
                                  std::chrono::milliseconds timeout) {
  try {
    return retry_while_busy(timeout, [&] {
      // Nearly always after a restore, and often before one; it is a tenth of the work.
      if (auto equal = compare_pages(live, other)) return *equal;
      SQLite::Database database = open_pair(live, other);
      return compare_attached(database);
    });
  } catch (const SQLite::Exception& error) {
    throw_sqlite(error, live.string(), ErrorKind::source);
  }
}

}  // namespace a2a_backup
