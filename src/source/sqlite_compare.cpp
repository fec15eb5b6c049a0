// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

#include "a2a_backup/source/sqlite_file.hpp"
#include "sqlite_format.hpp"
#include "sqlite_image.hpp"
#include "sqlite_snapshot.hpp"
#include "sqlite_soundness.hpp"
#include "sqlite_tables.hpp"
#include "sqlite_trees.hpp"

namespace a2a_backup {
namespace {

bool same_rows(SQLite::Database& database, const std::string& table) {
  std::string order;
  for (const std::string& column : key_columns(database, table, "main")) {
    order += (order.empty() ? "" : ", ") + column;
  }
  const std::string name = quote_name(table);
  return same_result({database, "SELECT * FROM main." + name + " ORDER BY " + order},
                     {database, "SELECT * FROM other." + name + " ORDER BY " + order});
}

DatabaseDifference compare_attached(SQLite::Database& database) {
  const SQLite::Transaction one_view(database);
  DatabaseDifference difference;
  bool lost_any = false;
  const std::vector<std::string> others = table_names(database, "other");
  for (const std::string& table : table_names(database, "main")) {
    const std::uint64_t rows = count_rows(database, "main", table);
    const bool known = std::find(others.begin(), others.end(), table) != others.end();
    const std::uint64_t lost = known ? count_only_in(database, table, "main", "other") : rows;
    difference.live_rows[record_name(table)] += rows;
    difference.lost_rows[record_name(table)] += lost;
    lost_any = lost_any || lost > 0;
  }
  difference.same = !lost_any && same_schema(database, database, "other");
  for (const std::string& table : others) {
    difference.same = difference.same && same_rows(database, table);
  }
  difference.same = difference.same && is_sound(database);
  return difference;
}

/// What the header of a database counts of its own history, first byte and number of bytes.
constexpr std::array<std::pair<std::size_t, std::size_t>, 4> histories{{{header::changes, 4},
                                                                        {header::schema_cookie, 4},
                                                                        {header::valid_for, 4},
                                                                        {header::written_by, 4}}};

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

/// Counts for a live database that is page by page the other one.
DatabaseDifference no_difference(const SqliteSnapshot& live) {
  const std::atomic<bool> never{false};
  DatabaseDifference difference;
  difference.same = true;
  difference.live_rows =
      examine_sqlite(live, SqliteCheck::none, live.name(), ErrorKind::source, never).tables;
  for (const auto& [table, rows] : difference.live_rows) difference.lost_rows[table] = 0;
  return difference;
}

/// What can be told without a query over all rows.
std::optional<DatabaseDifference> compare_files(const fs::path& live, const fs::path& other) {
  const auto snapshot = SqliteSnapshot::take(live);
  if (!snapshot) return std::nullopt;
  // Nearly always after a restore, and often before one.
  if (same_pages(*snapshot, *open_random_access(other))) return no_difference(*snapshot);
  return compare_trees(*snapshot, other);
}

}  // namespace

DatabaseDifference compare_sqlite(const fs::path& live, const fs::path& other,
                                  std::chrono::milliseconds timeout) {
  try {
    return retry_while_busy(timeout, [&] {
      if (auto told = compare_files(live, other)) return *told;
      SQLite::Database database = open_pair(live, other);
      return compare_attached(database);
    });
  } catch (const SQLite::Exception& error) {
    throw_sqlite(error, live.string(), ErrorKind::source);
  }
}

bool is_same_sqlite(const fs::path& live, const fs::path& other,
                    std::chrono::milliseconds timeout) {
  try {
    const bool same = retry_while_busy(timeout, [&] {
      const auto snapshot = SqliteSnapshot::take(live);
      return snapshot && same_pages(*snapshot, *open_random_access(other));
    });
    return same || compare_sqlite(live, other, timeout).same;
  } catch (const SQLite::Exception& error) {
    throw_sqlite(error, live.string(), ErrorKind::source);
  }
}

}  // namespace a2a_backup
