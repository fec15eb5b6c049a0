// SPDX-License-Identifier: MIT
/// Compares two databases by their b-trees.
#pragma once

#include <optional>

#include "a2a_backup/source/database_replacement.hpp"
#include "sqlite_snapshot.hpp"

namespace a2a_backup {

/// How `live` differs from the database at `other`, told many times faster than by queries; nothing
/// where the trees do not tell: a table has another key than its rowid, or a tree is damaged.
/// Throws SQLite::Exception.
std::optional<DatabaseDifference> compare_trees(const SqliteSnapshot& live, const fs::path& other);

}  // namespace a2a_backup
