// SPDX-License-Identifier: MIT
/// Which database file the application uses.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "a2a_backup/core/file.hpp"

namespace a2a_backup {

struct DatabaseLocation {
  fs::path path;          ///< absolute
  std::string chosen_by;  ///< "--database", "A2A_DATABASE_URL" or "found there"
  bool named = false;     ///< somebody named it, so it must exist
  bool exists = false;
  std::vector<fs::path> also_found;  ///< other databases in the usual places
};

/// The database as the application finds it: `flag`, else $A2A_DATABASE_URL, else the first that
/// exists of database/a2a_system.db, a2a_system.db and data/a2a_system.db under `root`, else the
/// first of these although it does not exist. Both kinds of name may be a path (relative ones
/// start at `root`) or a URL of SQLAlchemy's form: sqlite:///relative, sqlite:////absolute.
/// Nothing when `flag` is "none". Throws Error of kind `usage` for PostgreSQL and for other URLs,
/// without repeating a password.
std::optional<DatabaseLocation> locate_database(const fs::path& root,
                                                const std::optional<std::string>& flag);

}  // namespace a2a_backup
