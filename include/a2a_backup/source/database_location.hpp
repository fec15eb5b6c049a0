// SPDX-License-Identifier: MIT
/// Which database the application uses.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "a2a_backup/core/file.hpp"
#include "a2a_backup/source/postgresql_url.hpp"

namespace a2a_backup {

struct DatabaseLocation {
  fs::path path;                            ///< of a SQLite file, absolute
  std::optional<PostgresqlUrl> postgresql;  ///< instead of a file
  std::string chosen_by;                    ///< "--database", "A2A_DATABASE_URL" or "found there"
  bool named = false;                       ///< somebody named it, so it must exist
  bool exists = false;  ///< the file is there; of a PostgreSQL database only a connection can tell
  std::vector<fs::path> also_found;  ///< other databases in the usual places

  /// The path, or the URL without its password.
  std::string name() const { return postgresql ? postgresql->text : path.string(); }
};

/// The database as the application finds it: `flag`, else $A2A_DATABASE_URL, else the first that
/// exists of database/a2a_system.db, a2a_system.db and data/a2a_system.db under `root`, else the
/// first of these although it does not exist. Both kinds of name may be a path (relative ones
/// start at `root`) or a URL of SQLAlchemy's form: sqlite:///relative, sqlite:////absolute,
/// postgresql://... Nothing when `flag` is "none". Throws Error of kind `usage`, without repeating
/// a password, for other URLs, and when $A2A_DB_TYPE is "postgresql" and the URL is not.
std::optional<DatabaseLocation> locate_database(const fs::path& root,
                                                const std::optional<std::string>& flag);

}  // namespace a2a_backup
