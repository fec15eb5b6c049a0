// SPDX-License-Identifier: MIT
#include <SQLiteCpp/SQLiteCpp.h>
#include <sqlite3.h>

#include <future>

#include "a2a_backup/source/sqlite_replacement.hpp"
#include "catch.hpp"
#include "support.hpp"

using namespace a2a_backup;
using namespace a2a_backup::test;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;
using Clock = std::chrono::steady_clock;

namespace {

/// A live database of 5 rows, and a staged one of 40 that is to take its place.
struct Fixture {
  explicit Fixture(const std::string& journal_mode = "DELETE", int page_size = 4096) {
    make_database(live, 5, journal_mode, page_size);
    make_database(staged, 40);
  }
  std::unique_ptr<SqliteReplacement> lock(std::chrono::milliseconds timeout = 5s) const {
    return SqliteReplacement::lock(live, staged, timeout, rewrote);
  }

  TempDir dir;
  fs::path live = dir / "live/a2a_system.db";
  fs::path staged = dir / "staged/a2a_system.db";
  fs::path kept = dir / "kept.db";
  mutable bool rewrote = false;
};

std::int64_t rows(const fs::path& database) {
  return sql_number(database, "SELECT count(*) FROM tasks");
}

std::int64_t rows(SQLite::Database& database) {
  return database.execAndGet("SELECT count(*) FROM tasks").getInt64();
}

bool try_sql(SQLite::Database& database, const std::string& sql) {
  try {
    database.exec(sql);
    return true;
  } catch (const SQLite::Exception&) {
    return false;
  }
}

}  // namespace

TEST_CASE("the content is replaced, the file and its journal mode stay", "[sqlite_replacement]") {
  const std::string mode = GENERATE(as<std::string>{}, "delete", "wal", "truncate", "persist");
  const int page_size = GENERATE(4096, 512, 16384);
  CAPTURE(mode, page_size);
  const Fixture f(mode, page_size);
  const auto inode = stat_path(f.live)->st_ino;
  const auto lock = f.lock();
  REQUIRE(lock != nullptr);
  lock->replace();
  CHECK(stat_path(f.live)->st_ino == inode);
  CHECK(rows(f.live) == 40);
  CHECK(sql_text(f.live, "PRAGMA integrity_check") == "ok");
  CHECK(f.rewrote == (page_size != 4096));
  CHECK(sql_number(f.live, "PRAGMA page_size") == page_size);
  CHECK((sql_text(f.live, "PRAGMA journal_mode") == "wal") == (mode == "wal"));
}

TEST_CASE("an application that has the database open sees the new rows and can go on",
          "[sqlite_replacement]") {
  const std::string mode = GENERATE(as<std::string>{}, "delete", "wal");
  const int page_size = GENERATE(4096, 1024);
  CAPTURE(mode, page_size);
  const Fixture f(mode, page_size);
  {
    SQLite::Database app(f.live.string(), SQLite::OPEN_READWRITE, 2000);
    SQLite::Statement prepared(app, "SELECT count(*) FROM tasks");
    CHECK(rows(app) == 5);
    app.exec("INSERT INTO tasks VALUES(100,'before')");
    f.lock()->replace();
    CHECK(rows(app) == 40);
    prepared.executeStep();
    CHECK(prepared.getColumn(0).getInt64() == 40);
    prepared.reset();
    app.exec("INSERT INTO tasks VALUES(101,'after')");
    CHECK(rows(app) == 41);
  }
  CHECK(rows(f.live) == 41);
  CHECK(sql_text(f.live, "SELECT title FROM tasks WHERE id=101") == "after");
  CHECK(sql_number(f.live, "SELECT count(*) FROM tasks WHERE id=100") == 0);
  CHECK(sql_text(f.live, "PRAGMA integrity_check") == "ok");
}

TEST_CASE("in a write-ahead log a reader keeps its old view until it is done",
          "[sqlite_replacement]") {
  const Fixture f("WAL");
  SQLite::Database reader(f.live.string(), SQLite::OPEN_READWRITE, 2000);
  reader.exec("BEGIN");
  CHECK(rows(reader) == 5);
  f.lock()->replace();
  CHECK(rows(reader) == 5);
  reader.exec("COMMIT");
  CHECK(rows(reader) == 40);
}

namespace {

/// The lock that `waiting` gets after the application, which holds its own, has run `sql` and one
/// insertion; nullptr when it was faster than the application.
std::unique_ptr<SqliteReplacement> lock_after(
    SQLite::Database& app, const std::string& sql,
    std::future<std::unique_ptr<SqliteReplacement>> waiting) {
  std::this_thread::sleep_for(100ms);
  app.exec("COMMIT");
  const bool was_faster =
      try_sql(app, sql + "; INSERT INTO tasks VALUES(100,'x'); BEGIN IMMEDIATE");
  if (sqlite3_get_autocommit(app.getHandle()) == 0) app.exec("COMMIT");
  auto lock = waiting.get();
  return was_faster ? std::move(lock) : nullptr;
}

}  // namespace

// What was so before the lock is not so under it.
TEST_CASE("the application may change the mode or the page size while the lock is waited for",
          "[sqlite_replacement]") {
  const std::string change =
      GENERATE(as<std::string>{}, "PRAGMA journal_mode=WAL", "PRAGMA page_size=8192; VACUUM");
  CAPTURE(change);
  for (int attempt = 0; attempt < 50; ++attempt) {
    const Fixture f;
    SQLite::Database app(f.live.string(), SQLite::OPEN_READWRITE, 0);
    app.exec("PRAGMA wal_autocheckpoint=0; BEGIN IMMEDIATE");
    auto lock =
        lock_after(app, change, std::async(std::launch::async, [&] { return f.lock(20s); }));
    if (lock == nullptr) continue;
    lock->keep_old(f.kept);
    lock->replace();
    lock.reset();
    CHECK(rows(app) == 40);
    CHECK(rows(f.live) == 40);
    CHECK(sql_text(f.live, "PRAGMA integrity_check") == "ok");
    CHECK(rows(f.kept) == 6);
    CHECK(sql_text(f.kept, "PRAGMA integrity_check") == "ok");
    return;
  }
  FAIL("the application was never faster");
}

TEST_CASE("destroyed without replace, a lock changes nothing", "[sqlite_replacement]") {
  const std::string mode = GENERATE(as<std::string>{}, "delete", "wal");
  const Fixture f(mode);
  const std::string before = read_text_file(f.live);
  SQLite::Database app(f.live.string(), SQLite::OPEN_READWRITE, 0);
  {
    const auto lock = f.lock();
    lock->keep_old(f.kept);
    CHECK(!try_sql(app, "INSERT INTO tasks VALUES(100,'x')"));
  }
  CHECK((read_text_file(f.live) == before));
  CHECK(try_sql(app, "INSERT INTO tasks VALUES(100,'x')"));
  CHECK(rows(f.live) == 6);
}

TEST_CASE("what is kept is what is replaced, also under a writer", "[sqlite_replacement]") {
  const std::string mode = GENERATE(as<std::string>{}, "delete", "wal");
  const int page_size = GENERATE(4096, 1024);
  CAPTURE(mode, page_size);
  const Fixture f(mode, page_size);
  SQLite::Database app(f.live.string(), SQLite::OPEN_READWRITE, 0);
  std::atomic<int> commits{0};
  Background writer([&](int) {
    if (try_sql(app, "INSERT INTO tasks(title) VALUES('x')")) ++commits;
    std::this_thread::sleep_for(2ms);
  });
  while (commits < 5) std::this_thread::sleep_for(1ms);
  const auto lock = f.lock(30s);
  writer.stop();
  lock->keep_old(f.kept);
  lock->replace();
  CHECK(rows(f.kept) == 5 + commits);
  CHECK(sql_text(f.kept, "PRAGMA integrity_check") == "ok");
  CHECK(sql_text(f.kept, "PRAGMA journal_mode") == "delete");
  CHECK(mode_of(f.kept) == 0600);
  CHECK(rows(f.live) == 40);
}

TEST_CASE("the log of a dead application is kept with the rest", "[sqlite_replacement]") {
  const Fixture f("WAL");
  {
    const TempDir elsewhere;
    fs::copy_file(f.live, elsewhere / "x.db");
    SQLite::Database app((elsewhere / "x.db").string(), SQLite::OPEN_READWRITE);
    app.exec("PRAGMA wal_autocheckpoint=0; INSERT INTO tasks VALUES(100,'x')");
    fs::copy_file(elsewhere / "x.db-wal", f.live.string() + "-wal");
  }
  const auto lock = f.lock();
  lock->keep_old(f.kept);
  lock->replace();
  CHECK(rows(f.kept) == 6);
  CHECK(rows(f.live) == 40);
}

TEST_CASE("a kept copy never overwrites", "[sqlite_replacement]") {
  const Fixture f(GENERATE(as<std::string>{}, "delete", "wal"));
  write_text(f.kept, "precious");
  const auto lock = f.lock();
  CHECK(error_of([&] { lock->keep_old(f.kept); }).kind() == ErrorKind::failed);
  CHECK(read_text_file(f.kept) == "precious");
}

TEST_CASE("an empty database is replaced, and a kept empty one put back", "[sqlite_replacement]") {
  const Fixture f;
  write_text(f.live, "");
  auto lock = f.lock();
  REQUIRE(lock != nullptr);
  lock->keep_old(f.kept);
  lock->replace();
  lock.reset();
  CHECK(rows(f.live) == 40);
  lock = SqliteReplacement::lock(f.live, f.kept, 5s, f.rewrote);
  lock->replace();
  lock.reset();
  CHECK(sql_number(f.live, "SELECT count(*) FROM sqlite_master") == 0);
}

TEST_CASE("where there is nothing to open, a rename is the way", "[sqlite_replacement]") {
  const Fixture f;
  SECTION("missing") {
    fs::remove(f.live);
  }
  SECTION("text") {
    write_text(f.live, std::string(5000, 'x'));
  }
  const auto before = tree_of(f.dir.path());
  CHECK(f.lock() == nullptr);
  CHECK(tree_of(f.dir.path()) == before);
}

TEST_CASE("a database that stays locked is busy after the given time", "[sqlite_replacement]") {
  const auto [mode, sql] = GENERATE(table<std::string, std::string>(
      {{"delete", "BEGIN; SELECT count(*) FROM tasks"},  // a reader is enough
       {"delete", "BEGIN IMMEDIATE"},
       {"wal", "BEGIN IMMEDIATE"}}));
  CAPTURE(mode, sql);
  const Fixture f(mode);
  const std::string before = read_text_file(f.live);
  SQLite::Database app(f.live.string(), SQLite::OPEN_READWRITE);
  app.exec(sql);
  const auto started = Clock::now();
  const Error error = error_of([&] { f.lock(250ms); });
  CHECK(Clock::now() - started >= 250ms);
  CHECK(Clock::now() - started < 5s);
  CHECK(error.kind() == ErrorKind::busy);
  CHECK_THAT(error.message(), ContainsSubstring(f.live.string()));
  CHECK((read_text_file(f.live) == before));
  app.exec("ROLLBACK");
  CHECK(f.lock(250ms) != nullptr);
}

// The number of pages is asked for outside the waiting, so it gives up after 50 ms.
TEST_CASE("an exclusive lock that goes in time is waited for", "[sqlite_replacement]") {
  const Fixture f;
  SQLite::Database app(f.live.string(), SQLite::OPEN_READWRITE);
  app.exec("BEGIN EXCLUSIVE");
  const Background owner([&](int number) {
    std::this_thread::sleep_for(300ms);
    if (number == 1) app.exec("COMMIT");
  });
  CHECK(f.lock(20s) != nullptr);
}

TEST_CASE("a database that may not be written is an error, not a rename", "[sqlite_replacement]") {
  const Fixture f;
  fs::permissions(f.live, fs::perms{0444});
  fs::permissions(f.live.parent_path(), fs::perms{0555});
  fs::permissions(f.staged.parent_path(), fs::perms{0777});
  fs::permissions(f.staged, fs::perms{0666});
  {
    const AsNobody nobody;
    CHECK(error_of([&] { f.lock(250ms); }).kind() == ErrorKind::failed);
  }
  CHECK(rows(f.live) == 5);
}
