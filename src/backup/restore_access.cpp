// SPDX-License-Identifier: MIT
#include "restore_access.hpp"

#include "a2a_backup/archive/entry_name.hpp"
#include "a2a_backup/core/text.hpp"

namespace a2a_backup {
namespace {

bool chooses(const RestoreOptions& options, const BackupFile& backup, std::string_view entry) {
  if (backup.find(entry) == nullptr) return false;
  return options.only.empty() || matches_any(options.only, std::string(entry));
}

}  // namespace

void refuse_foreign_database(const BackupFile& backup, const RestoreOptions& options,
                             const std::optional<DatabaseLocation>& live) {
  const bool server = live && live->postgresql;
  if (!chooses(options, backup, server ? sqlite_entry : postgresql_entry)) return;
  if (server) {
    throw Error(ErrorKind::refused,
                backup.name() + " holds a SQLite database, and the system uses " + live->name(),
                "restore the JSON files alone with --only 'shared/*', or see what it holds with "
                "--to DIR");
  }
  throw Error(ErrorKind::refused,
              backup.name() + " holds a PostgreSQL dump, and the system uses SQLite",
              "name the PostgreSQL database by A2A_DATABASE_URL or --database, or restore the JSON "
              "files alone with --only 'shared/*'");
}

LiveAccess access_to(const std::vector<Target>& targets, const RestoreOptions& options) {
  LiveAccess access{std::nullopt, options.lock_timeout};
  for (const Target& target : targets) {
    if (target.entry != postgresql_entry) continue;
    const auto location = locate_database(options.root, options.database);
    if (!location || target.live != location->name()) {
      throw Error(ErrorKind::refused,
                  "that restore is of the database " + target.live.string() +
                      ", which is not the one that is configured now",
                  "name it by A2A_DATABASE_URL or --database");
    }
    access.postgresql = location->postgresql;
  }
  return access;
}

}  // namespace a2a_backup
