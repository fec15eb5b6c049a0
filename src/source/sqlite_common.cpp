// SPDX-License-Identifier: MIT
#include "sqlite_common.hpp"

#include <unistd.h>

#include <array>
#include <cstdio>

#include "sqlite_image.hpp"

namespace a2a_backup {
namespace {

constexpr int short_busy_timeout_ms = 50;

int primary_code(const SQLite::Exception& error) {
  return error.getErrorCode() & 0xff;
}

void distrust(SQLite::Database& database) {
  sqlite3_db_config(database.getHandle(), SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  database.exec("PRAGMA trusted_schema=OFF");
  database.exec("PRAGMA cell_size_check=ON");
  database.exec("PRAGMA cache_size=-8000");  // KiB; integrity_check looks up every row of an index
}

bool has_log(const fs::path& path) {
  return stat_path(path.string() + "-wal").has_value();
}

}  // namespace

std::string damage_hint(ErrorKind kind) {
  if (kind == ErrorKind::archive) return "choose an older backup: a2a-backup list";
  return "check that it is the right file; if it is, put it back from a backup: a2a-backup restore "
         "latest --only 'database/*'";
}

bool is_busy(const SQLite::Exception& error) {
  return primary_code(error) == SQLITE_BUSY || primary_code(error) == SQLITE_LOCKED;
}

bool is_damage(const SQLite::Exception& error) {
  return primary_code(error) == SQLITE_NOTADB || primary_code(error) == SQLITE_CORRUPT;
}

void throw_sqlite(const SQLite::Exception& error, const std::string& name, ErrorKind kind) {
  const std::string detail = name + ": " + error.what();
  if (is_busy(error)) {
    throw Error(ErrorKind::busy, "the database " + name + " is locked by another program",
                "try again when it is idle, or wait longer with --lock-timeout SECONDS");
  }
  switch (primary_code(error)) {
    case SQLITE_NOTADB:
      throw Error(kind, name + " is not a SQLite database", damage_hint(kind));
    case SQLITE_CORRUPT:
      throw Error(kind, "the database " + name + " is damaged: " + error.what(), damage_hint(kind));
    case SQLITE_FULL:
      throw Error(ErrorKind::failed, "the disk is full: " + detail,
                  "free some space and try again");
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_READONLY:
      throw Error(kind, "cannot open the database " + detail,
                  "run as the user that the application runs as");
    default:
      throw Error(kind, "the database " + detail);
  }
}

SQLite::Database open_live(const fs::path& path) {
  // URI for what is attached later; an absolute path is never taken for one. Read-write because a
  // read-only connection cannot recover a hot journal; without CREATE.
  const bool writable =
      access(path.c_str(), W_OK) == 0 && access(path.parent_path().c_str(), W_OK) == 0;
  const bool log_existed = has_log(path);
  SQLite::Database database(path.string(),
                            (writable ? SQLite::OPEN_READWRITE : SQLite::OPEN_READONLY) |
                                SQLite::OPEN_URI | SQLite::OPEN_NOMUTEX,
                            short_busy_timeout_ms);
  sqlite3* handle = database.getHandle();
  // Where there was no log, the close may take away the empty one that this connection makes.
  if (log_existed) sqlite3_db_config(handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  sqlite3_wal_autocheckpoint(handle, 0);
  return database;
}

SQLite::Database open_at_rest(const fs::path& path) {
  SQLite::Database database(immutable_uri(path),
                            SQLite::OPEN_READONLY | SQLite::OPEN_URI | SQLite::OPEN_NOMUTEX);
  distrust(database);
  return database;
}

SQLite::Database open_image(const SqliteImage& image) {
  SQLite::Database database("database", SQLite::OPEN_READONLY | SQLite::OPEN_NOMUTEX, 0,
                            image.vfs().c_str());
  distrust(database);
  return database;
}

SQLite::Database open_scratch(const fs::path& path) {
  SQLite::Database database(path.string(),
                            SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE | SQLite::OPEN_NOMUTEX);
  database.exec("PRAGMA synchronous=OFF");
  return database;
}

sqlite3_file* file_of(SQLite::Database& database) {
  sqlite3_file* file = nullptr;
  sqlite3_file_control(database.getHandle(), "main", SQLITE_FCNTL_FILE_POINTER, &file);
  return file;
}

std::string query_text(SQLite::Database& database, const std::string& sql) {
  SQLite::Statement statement(database, sql);
  return statement.executeStep() ? statement.getColumn(0).getString() : std::string();
}

std::int64_t query_number(SQLite::Database& database, const std::string& sql) {
  SQLite::Statement statement(database, sql);
  return statement.executeStep() ? statement.getColumn(0).getInt64() : 0;
}

std::string quote_name(std::string_view name) {
  std::string quoted = "\"";
  for (const char c : name) quoted.append(c == '"' ? 2 : 1, c);
  return quoted + "\"";
}

std::string immutable_uri(const fs::path& path) {
  std::string uri = "file:";
  for (const char c : fs::absolute(path).string()) {
    if (c == '?' || c == '#' || c == '%') {
      std::array<char, 4> escaped{};
      std::snprintf(escaped.data(), escaped.size(), "%%%02X", static_cast<unsigned>(c));
      uri += escaped.data();
    } else {
      uri += c;
    }
  }
  return uri + "?immutable=1";
}

}  // namespace a2a_backup
