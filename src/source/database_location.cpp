// SPDX-License-Identifier: MIT
#include "a2a_backup/source/database_location.hpp"

#include <array>
#include <string_view>

#include "a2a_backup/core/environment.hpp"

namespace a2a_backup {
namespace {

constexpr std::array usual_places{"database/a2a_system.db", "a2a_system.db", "data/a2a_system.db"};

constexpr const char* url_hint =
    "write a path, sqlite:///relative/path, sqlite:////absolute/path or "
    "postgresql://user@host/database";

/// The file that a path or URL names. The URL itself may hold a password, so no message shows it.
fs::path path_of(std::string_view text, const std::string& from) {
  const std::size_t colon = text.find("://");
  if (colon == std::string_view::npos) return text;
  const std::string_view scheme = text.substr(0, colon);
  const std::string_view rest = text.substr(colon + 3);
  if ((scheme != "sqlite" && !scheme.starts_with("sqlite+")) || !rest.starts_with('/')) {
    throw Error(ErrorKind::usage,
                from + " is a URL that names neither a SQLite file nor a PostgreSQL database",
                url_hint);
  }
  return rest.substr(1, rest.find('?') - 1);
}

DatabaseLocation named_database(const fs::path& root, const std::string& text,
                                const std::string& from) {
  if (is_postgresql_url(text)) return {{}, parse_postgresql_url(text), from, true, true, {}};
  const fs::path path = path_of(text, from);
  if (path.empty() || path == ":memory:") {
    throw Error(ErrorKind::usage, from + " names a database in memory, which cannot be backed up",
                "name the database file");
  }
  const fs::path full = fs::absolute(root / path).lexically_normal();
  return {full, std::nullopt, from, true, stat_path(full).has_value(), {}};
}

}  // namespace

std::optional<DatabaseLocation> locate_database(const fs::path& root,
                                                const std::optional<std::string>& flag) {
  if (flag == "none") return std::nullopt;
  if (flag) return named_database(root, *flag, "--database");
  const std::string url = environment("A2A_DATABASE_URL");
  if (environment("A2A_DB_TYPE") == "postgresql" && !is_postgresql_url(url)) {
    throw Error(ErrorKind::usage,
                "A2A_DB_TYPE is postgresql, and A2A_DATABASE_URL names no PostgreSQL database",
                "set A2A_DATABASE_URL=postgresql://user@host/database as the application has it");
  }
  if (!url.empty()) {
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
