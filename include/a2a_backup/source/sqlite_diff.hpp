// SPDX-License-Identifier: MIT
/// All that differs between two SQLite databases.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "a2a_backup/core/file.hpp"

namespace a2a_backup {

/// Of a PostgreSQL database it is known how many rows a table has, not which; `added` and `removed`
/// are then the difference of the two numbers.
struct TableChanges {
  std::string name;
  bool before = false;  ///< the first database has the table
  bool after = false;   ///< the second one has it
  std::uint64_t rows_before = 0;
  std::uint64_t rows_after = 0;
  /// By the primary key, else the rowid. When the keys are not of one kind, all rows are both
  /// removed and added.
  std::uint64_t added = 0;
  std::uint64_t removed = 0;
  std::uint64_t changed = 0;  ///< the same key, and another value in a column that both have

  bool any() const { return before != after || added + removed + changed > 0; }
};

struct SchemaChange {
  std::string type;  ///< "table", "index", "view", "trigger", or "user_version"
  std::string name;
  std::string before;  ///< the SQL that made it, or the number; empty when it is new
  std::string after;   ///< empty when it is gone
};

struct DatabaseDiff {
  std::vector<TableChanges> tables;  ///< all of them, by name
  std::vector<SchemaChange> schema;  ///< by type and name

  bool any() const;
};

/// From `before` to `after`, each within one read transaction. `before` may be in use by an
/// application; `after` must be at rest. Memory does not grow with either. Throws Error of kind
/// `source` when one cannot be read, of kind `busy` when `before` stays locked beyond `timeout`.
DatabaseDiff diff_sqlite(const fs::path& before, const fs::path& after,
                         std::chrono::milliseconds timeout);

/// The same from `after` to `before`.
DatabaseDiff reversed(DatabaseDiff diff);

}  // namespace a2a_backup
