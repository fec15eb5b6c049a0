// SPDX-License-Identifier: MIT
#include "sqlite_trees.hpp"

#include <functional>
#include <map>

#include "sqlite_image.hpp"
#include "sqlite_soundness.hpp"
#include "sqlite_table_rows.hpp"
#include "sqlite_tables.hpp"

namespace a2a_backup {
namespace {

/// The roots of the tables whose key is the rowid, under that name; nothing when another kind is
/// among them. One that has another key has an index for it.
std::optional<std::map<std::string, std::uint32_t>> rowid_tables(SQLite::Database& database) {
  std::map<std::string, std::uint32_t> roots;
  SQLite::Statement statement(
      database,
      "SELECT rootpage, (SELECT count(*) FROM pragma_index_list(?1) WHERE origin='pk') + "
      "(SELECT count(*) FROM pragma_table_xinfo(?1) WHERE lower(name)='rowid') "
      "FROM sqlite_master WHERE type='table' AND name=?1");
  for (const std::string& table : table_names(database, "main")) {
    statement.reset();
    statement.bind(1, table);
    if (!statement.executeStep() || statement.getColumn(1).getInt() != 0) return std::nullopt;
    roots[table] = static_cast<std::uint32_t>(statement.getColumn(0).getInt64());
  }
  return roots;
}

/// A table in two databases, row by row in the order of the rowids.
struct TableDifference {
  std::uint64_t live = 0;
  std::uint64_t only_live = 0;
  std::uint64_t only_other = 0;
  bool same_records = true;
  bool damaged = false;
};

/// `same_values` is asked about rows whose records differ, until it says no.
TableDifference compare_table(TableRows& live, TableRows& other,
                              const std::function<bool(std::int64_t)>& same_values) {
  TableDifference found;
  bool in_live = live.next();
  bool in_other = other.next();
  for (std::uint64_t step = 0; in_live || in_other; ++step) {
    if (step % 4096 == 0) check_interrupt();
    const bool take_live = in_live && (!in_other || live.rowid() <= other.rowid());
    const bool take_other = in_other && (!in_live || other.rowid() <= live.rowid());
    if (take_live) ++found.live;
    if (!take_other) ++found.only_live;
    if (!take_live) ++found.only_other;
    if (take_live && take_other && found.same_records && !live.same_record(other)) {
      found.same_records = same_values(live.rowid());
    }
    if (take_live) in_live = live.next();
    if (take_other) in_other = other.next();
  }
  found.damaged = live.damaged() || other.damaged();
  return found;
}

bool same_row(SQLite::Database& live, SQLite::Database& other, const std::string& row) {
  return query_number(live, "SELECT count(*)" + row) == 1 &&
         same_result({live, "SELECT *" + row}, {other, "SELECT *" + row});
}

}  // namespace

std::optional<DatabaseDifference> compare_trees(const SqliteSnapshot& live, const fs::path& other) {
  const std::atomic<bool> never{false};
  const SqliteImage image(live, never);
  SQLite::Database live_database = open_image(image);
  SQLite::Database other_database = open_at_rest(other);
  const auto live_roots = rowid_tables(live_database);
  const auto other_roots = rowid_tables(other_database);
  if (!live_roots || !other_roots) return std::nullopt;
  const auto other_bytes = open_random_access(other);
  DatabaseDifference difference;
  difference.same = same_schema(live_database, other_database, "main");
  for (const auto& [table, root] : *live_roots) {
    const auto found = other_roots->find(table);
    TableRows live_rows(live, root);
    TableRows other_rows(*other_bytes, found == other_roots->end() ? 0 : found->second);
    const TableDifference rows =
        compare_table(live_rows, other_rows, [&, name = quote_name(table)](std::int64_t rowid) {
          if (!difference.same) return false;
          return same_row(live_database, other_database,
                          " FROM " + name + " WHERE rowid=" + std::to_string(rowid));
        });
    if (rows.damaged) return std::nullopt;
    difference.live_rows[record_name(table)] += rows.live;
    difference.lost_rows[record_name(table)] += rows.only_live;
    difference.same =
        difference.same && rows.only_live == 0 && rows.only_other == 0 && rows.same_records;
  }
  difference.same = difference.same && is_sound(live_database);
  return difference;
}

}  // namespace a2a_backup
