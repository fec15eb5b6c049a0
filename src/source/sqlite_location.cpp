// SPDX-License-Identifier: MIT
#include "a2a_backup/source/sqlite_location.hpp"

#include <array>
#include <string_view>

#include "a2a_backup/core/environment.hpp"

namespace a2a_backup {
namespace {

constexpr std::array usual_places{"database/a2a_system.db", "a2a_system.db", "data/a2a_system.db"};

[[noreturn]] void refuse_postgresql(const std::string& what) {
  throw Error(ErrorKind::usage, what + " names a PostgreSQL database, which is not supported yet",
              "back it up with pg_dump, and take the JSON files with --database none");
}

/// The file that a path or URL names. The URL itself may hold a password, so no message shows it.
fs::path path_of(std::string_view text, const std::string& from) {
  const std::size_t colon = text.find("://");
  if (colon == std::string_view::npos) return text;
  const std::string_view scheme = text.substr(0, colon);
  if (scheme.starts_with("postgres")) refuse_postgresql(from);
  const std::string_view rest = text.substr(colon + 3);
  if ((scheme != "sqlite" && !scheme.starts_with("sqlite+")) || !rest.starts_with('/')) {
    throw Error(ErrorKind::usage, from + " is a URL that does not name a SQLite file",
                "write a path, or sqlite:///relative/path, or sqlite:////absolute/path");
  }
  return rest.substr(1, rest.find('?') - 1);
}

DatabaseLocation named_database(const fs::path& root, const std::string& text,
                                const std::string& from) {
  const fs::path path = path_of(text, from);
  if (path.empty() || path == ":memory:") {
    throw Error(ErrorKind::usage, from + " names a database in memory, which cannot be backed up",
                "name the database file");
  }
  const fs::path full = fs::absolute(root / path).lexically_normal();
  return {full, from, true, stat_path(full).has_value(), {}};
}

}  // namespace

std::optional<DatabaseLocation> locate_database(const fs::path& root,
                                                const std::optional<std::string>& flag) {
  if (flag == "none") return std::nullopt;
  if (flag) return named_database(root, *flag, "--database");
  if (environment("A2A_DB_TYPE") == "postgresql") refuse_postgresql("A2A_DB_TYPE");
  if (const std::string url = environment("A2A_DATABASE_URL"); !url.empty()) {
    return named_database(root, url, "A2A_DATABASE_URL");
  }
  DatabaseLocation location;
  location.chosen_by = "found there";
  for (const char* place : usual_places) {
    const fs::path path = fs::absolute(root / place).lexically_normal();
    if (!stat_path(path)) continue;
    if (location.exists) {
      location.also_found.push_back(path);
    } else {
      location.path = path;
      location.exists = true;
    }
  }
  if (!location.exists) {
    location.path = fs::absolute(root / usual_places.front()).lexically_normal();
  }
  return location;
}

}  // namespace a2a_backup
