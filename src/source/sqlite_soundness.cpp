// SPDX-License-Identifier: MIT
#include "sqlite_soundness.hpp"

#include <algorithm>

namespace a2a_backup {
namespace {

const char* pragma_of(SqliteCheck check) {
  return check == SqliteCheck::full ? "integrity_check" : "quick_check";
}

/// The first thing that is wrong with `main`, as SQLite says it; "" when nothing is.
std::string damage_in(SQLite::Database& database, SqliteCheck check) {
  if (check == SqliteCheck::none) return {};
  std::string result = query_text(database, "PRAGMA main." + std::string(pragma_of(check)) + "(1)");
  if (result.empty()) return "nothing";  // a check that was left out is not one that was passed
  return result == "ok" ? std::string() : result;
}

}  // namespace

bool is_sound(SQLite::Database& database) {
  return damage_in(database, SqliteCheck::full).empty();
}

void require_sound(SQLite::Database& database, SqliteCheck check, const std::string& name,
                   ErrorKind kind) {
  std::string damage = damage_in(database, check);
  if (damage.empty()) return;
  std::replace(damage.begin(), damage.end(), '\n', ' ');
  throw Error(kind,
              "the database " + name + " is damaged: " + pragma_of(check) + " says: " + damage,
              damage_hint(kind));
}

}  // namespace a2a_backup
