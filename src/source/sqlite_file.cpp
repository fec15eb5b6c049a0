// SPDX-License-Identifier: MIT
#include "a2a_backup/source/sqlite_file.hpp"

#include "sqlite_image.hpp"
#include "sqlite_snapshot.hpp"
#include "sqlite_soundness.hpp"
#include "sqlite_tables.hpp"

namespace a2a_backup {
namespace {

DatabaseRecord examine(SQLite::Database& database, SqliteCheck check, const std::string& name,
                       ErrorKind kind) {
  DatabaseRecord record;
  record.engine = sqlite_engine;
  record.page_size = static_cast<std::uint64_t>(query_number(database, "PRAGMA page_size"));
  record.page_count = static_cast<std::uint64_t>(query_number(database, "PRAGMA page_count"));
  record.user_version = query_number(database, "PRAGMA user_version");
  require_sound(database, check, name, kind);
  for (const std::string& table : table_names(database, "main")) {
    record.tables[record_name(table)] += count_rows(database, "main", table);
  }
  return record;
}

}  // namespace

DatabaseRecord examine_sqlite(const fs::path& file, SqliteCheck check, const std::string& name,
                              ErrorKind kind) {
  try {
    SQLite::Database database = open_at_rest(file);
    return examine(database, check, name, kind);
  } catch (const SQLite::Exception& error) {
    throw_sqlite(error, name, kind);
  }
}

DatabaseRecord examine_sqlite(const RandomAccess& bytes, SqliteCheck check, const std::string& name,
                              ErrorKind kind, const std::atomic<bool>& abandoned) {
  const SqliteImage image(bytes, abandoned);
  try {
    SQLite::Database database = open_image(image);
    return examine(database, check, name, kind);
  } catch (const SQLite::Exception& error) {
    image.rethrow();
    throw_sqlite(error, name, kind);
  } catch (const Error&) {
    image.rethrow();
    throw;
  }
}

void require_sound_live(const fs::path& live, std::chrono::milliseconds timeout) {
  constexpr ErrorKind kind = ErrorKind::failed;
  const std::atomic<bool> never{false};
  try {
    retry_while_busy(timeout, [&] {
      if (const auto snapshot = SqliteSnapshot::take(live)) {
        examine_sqlite(*snapshot, SqliteCheck::quick, live.string(), kind, never);
        return;
      }
      SQLite::Database database = open_live(live);
      require_sound(database, SqliteCheck::full, live.string(), kind);
    });
  } catch (const SQLite::Exception& error) {
    throw_sqlite(error, live.string(), kind);
  }
}

bool set_page_size(const fs::path& file, std::uint64_t page_size) {
  try {
    SQLite::Database database = open_scratch(file);
    const bool had_log = query_text(database, "PRAGMA journal_mode") == "wal";
    database.exec("PRAGMA journal_mode=DELETE");
    const auto present = static_cast<std::uint64_t>(query_number(database, "PRAGMA page_size"));
    if (page_size == 0 || page_size == present) return had_log;
    database.exec("PRAGMA page_size=" + std::to_string(page_size));
    database.exec("VACUUM");
    return true;
  } catch (const SQLite::Exception& error) {
    throw_sqlite(error, file.string(), ErrorKind::failed);
  }
}

}  // namespace a2a_backup
