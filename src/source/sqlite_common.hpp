// SPDX-License-Identifier: MIT
/// What every use of SQLite here shares: opening, patience with locks, errors in our words.
#pragma once

#include <SQLiteCpp/Backup.h>
#include <SQLiteCpp/SQLiteCpp.h>
#include <SQLiteCpp/Transaction.h>
#include <sqlite3.h>

#include <chrono>
#include <string>
#include <string_view>
#include <thread>

#include "a2a_backup/core/file.hpp"
#include "a2a_backup/core/interrupt.hpp"

namespace a2a_backup {

class SqliteImage;

/// Throws `error` as an Error about the database called `name`: `busy` for locks, `failed` for a
/// full disk, else `kind`.
[[noreturn]] void throw_sqlite(const SQLite::Exception& error, const std::string& name,
                               ErrorKind kind);

/// What to do about a damaged database, live or out of an archive.
std::string damage_hint(ErrorKind kind);

bool is_busy(const SQLite::Exception& error);

/// Whether SQLite says that the bytes are no sound database, rather than that it cannot get them.
bool is_damage(const SQLite::Exception& error);

/// Calls `action` again while it throws "busy", until `timeout`, then lets that out. SQLite's own
/// busy timeout is kept short so that Ctrl-C is heard in between.
template <class Action>
auto retry_while_busy(std::chrono::milliseconds timeout, Action action) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  for (;;) {
    try {
      return action();
    } catch (const SQLite::Exception& error) {
      if (!is_busy(error) || std::chrono::steady_clock::now() >= deadline) throw;
    }
    check_interrupt();
    std::this_thread::sleep_for(std::chrono::milliseconds{10});
  }
}

// A connection here belongs to one thread at a time, so SQLite takes no lock of its own for it.

/// Opens a database that the application may have open, without ever creating one. What it does on
/// close changes nothing: a write-ahead log that was there stays as it is.
SQLite::Database open_live(const fs::path& path);

/// Opens a file that nobody else uses, as data that is not trusted, read-only and ignoring any
/// log or journal beside it.
SQLite::Database open_at_rest(const fs::path& path);

/// The same for the database in `image`, which must outlive it.
SQLite::Database open_image(const SqliteImage& image);

/// Opens or creates a private working copy, for writing at full speed: a crash loses it anyway.
SQLite::Database open_scratch(const fs::path& path);

/// The file as the connection has it open; nullptr when there is none.
sqlite3_file* file_of(SQLite::Database& database);

/// The first column of the first row.
std::string query_text(SQLite::Database& database, const std::string& sql);
std::int64_t query_number(SQLite::Database& database, const std::string& sql);

/// A name as an SQL identifier.
std::string quote_name(std::string_view name);

/// The URI of a file that is not written by anybody, for SQLITE_OPEN_URI.
std::string immutable_uri(const fs::path& path);

/// Copies all pages of `from`, which is held in one read transaction, to `to`; calls `on_pages`
/// with the pages of each step. Throws SQLite::Exception.
template <class OnPages>
void copy_pages(SQLite::Database& from, SQLite::Database& to, OnPages on_pages) {
  constexpr int pages_per_step = 1024;
  from.exec("BEGIN");
  // BEGIN alone takes no lock; the first read fixes the state that is copied.
  query_number(from, "SELECT count(*) FROM sqlite_master");
  {
    SQLite::Backup backup(to, from);
    for (int last = 0;;) {
      const int result = backup.executeStep(pages_per_step);
      const int done = backup.getTotalPageCount() - backup.getRemainingPageCount();
      on_pages(done - last);
      last = done;
      if (result == SQLITE_DONE) break;
      if (result != SQLITE_OK) throw SQLite::Exception(to.getHandle(), result);
      check_interrupt();
    }
  }
  from.exec("COMMIT");
}

}  // namespace a2a_backup
