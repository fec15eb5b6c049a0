// SPDX-License-Identifier: MIT
/// A database in a rollback-journal mode is replaced page by page, and no less safely.
#include <SQLiteCpp/SQLiteCpp.h>
#include <unistd.h>

#include <fstream>

#include "a2a_backup/source/sqlite_replacement.hpp"
#include "catch.hpp"
#include "support.hpp"

using namespace a2a_backup;
using namespace a2a_backup::test;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;

namespace {

struct Fixture {
  Fixture(int live_rows, int staged_rows, int page_size = 4096) {
    make_database(live, live_rows, "DELETE", page_size);
    make_database(staged, staged_rows, "DELETE", page_size);
  }
  std::unique_ptr<SqliteReplacement> lock() const {
    bool rewrote = false;
    return SqliteReplacement::lock(live, staged, 5s, rewrote);
  }
  std::int64_t rows() const { return sql_number(live, "SELECT count(*) FROM tasks"); }

  TempDir dir;
  fs::path live = dir / "live/a2a_system.db";
  fs::path staged = dir / "staged/a2a_system.db";
  fs::path journal = live.string() + "-journal";
};

/// What this process has written so far, to anything.
std::uint64_t bytes_written() {
  std::ifstream io("/proc/self/io");
  for (std::string name; io >> name;) {
    std::uint64_t value = 0;
    io >> value;
    if (name == "wchar:") return value;
  }
  FAIL("/proc/self/io does not tell");
  return 0;
}

/// Writes a big-endian number into the header of a database.
void set_header(const fs::path& database, std::size_t at, unsigned value) {
  std::string bytes = read_text_file(database);
  for (std::size_t i = 4; i-- > 0; value >>= 8U) bytes[at + i] = static_cast<char>(value & 0xffU);
  write_text(database, bytes);
}

constexpr std::size_t page_count_at = 28;
constexpr std::size_t valid_for_at = 92;

}  // namespace

TEST_CASE("only pages that differ are written", "[sqlite_pages]") {
  const Fixture f(60'000, 1);
  fs::remove(f.staged);
  fs::copy_file(f.live, f.staged);
  run_sql(f.live, "UPDATE tasks SET title='changed' WHERE id IN (1, 30000, 60000)");
  const auto lock = f.lock();
  const std::uint64_t before = bytes_written();
  lock->replace();
  const std::uint64_t written = bytes_written() - before;
  CHECK(fs::file_size(f.live) > 1'000'000);
  CHECK(written < 100'000);
  CHECK(sql_number(f.live, "SELECT count(*) FROM tasks WHERE title='changed'") == 0);
  CHECK(sql_text(f.live, "PRAGMA integrity_check") == "ok");
}

TEST_CASE("a database grows and shrinks", "[sqlite_pages]") {
  const auto [live_rows, staged_rows] =
      GENERATE(table<int, int>({{10, 40'000}, {40'000, 10}, {40'000, 40'000}, {0, 5}, {5, 0}}));
  const int page_size = GENERATE(512, 4096, 65536);
  CAPTURE(live_rows, staged_rows, page_size);
  const Fixture f(live_rows, staged_rows, page_size);
  SQLite::Database app(f.live.string(), SQLite::OPEN_READWRITE, 2000);
  CHECK(app.execAndGet("SELECT count(*) FROM tasks").getInt64() == live_rows);
  f.lock()->replace();
  CHECK(app.execAndGet("SELECT count(*) FROM tasks").getInt64() == staged_rows);
  CHECK(fs::file_size(f.live) == fs::file_size(f.staged));
  CHECK(sql_text(f.live, "PRAGMA integrity_check") == "ok");
  CHECK(!fs::exists(f.journal));
}

// Whoever opens the database next finds the journal, and SQLite rolls it back.
TEST_CASE("what fails half-way is rolled back by the next who opens it", "[sqlite_pages]") {
  const Fixture f(20'000, 60'000);
  const std::string before = sql_text(f.live, "SELECT sum(id) || group_concat(title) FROM tasks");
  const auto size = fs::file_size(f.live);
  {
    const auto lock = f.lock();
    const FileSizeLimit limit(size * 2);
    CHECK(error_of([&] { lock->replace(); }).kind() == ErrorKind::failed);
  }
  REQUIRE(fs::exists(f.journal));
  CHECK(fs::file_size(f.live) != size);
  CHECK((sql_text(f.live, "SELECT sum(id) || group_concat(title) FROM tasks") == before));
  CHECK(sql_text(f.live, "PRAGMA integrity_check") == "ok");
  CHECK(fs::file_size(f.live) == size);
  CHECK(!fs::exists(f.journal));
}

TEST_CASE("the journal is for whom the database is for", "[sqlite_pages]") {
  const Fixture f(20'000, 60'000);
  fs::permissions(f.live, static_cast<fs::perms>(0640));
  {
    const auto lock = f.lock();
    const FileSizeLimit limit(fs::file_size(f.live) * 2);
    CHECK(error_of([&] { lock->replace(); }).kind() == ErrorKind::failed);
  }
  CHECK(mode_of(f.journal) == 0640);
}

TEST_CASE("where the journal finds no room nothing has happened", "[sqlite_pages]") {
  const Fixture f(20'000, 10);
  const std::string before = read_text_file(f.live);
  {
    const auto lock = f.lock();
    const FileSizeLimit limit(fs::file_size(f.live) / 2);
    CHECK(error_of([&] { lock->replace(); }).kind() == ErrorKind::failed);
  }
  CHECK((read_text_file(f.live) == before));
  CHECK(tree_of(f.dir.path()).size() == 4);  // two folders, two databases
}

TEST_CASE("a journal that cannot get its name changes nothing", "[sqlite_pages]") {
  const Fixture f(300, 5);
  const std::string before = read_text_file(f.live);
  {
    const FailingRename failing("-journal");
    const auto lock = f.lock();
    CHECK(error_of([&] { lock->replace(); }).kind() == ErrorKind::failed);
  }
  CHECK((read_text_file(f.live) == before));
  CHECK(tree_of(f.dir.path()).size() == 4);  // two folders, two databases
}

TEST_CASE("from another file system SQLite itself replaces the pages", "[sqlite_pages]") {
  const fs::path memory = "/dev/shm";
  Fixture f(300, 5);
  if (!fs::is_directory(memory) || stat_path(memory)->st_dev == stat_path(f.live)->st_dev) {
    WARN("there is no other file system at " << memory.string());
    return;
  }
  f.staged = memory / ("a2a-backup-test-" + std::to_string(getpid()));
  make_database(f.staged, 40);
  f.lock()->replace();
  CHECK(f.rows() == 40);
  CHECK(sql_text(f.live, "PRAGMA integrity_check") == "ok");
  CHECK(!fs::exists(f.staged.string() + ".rollback"));
  fs::remove(f.staged);
}

// Old versions of SQLite do not keep the number of pages in the header, and say so: SQLite mends
// that when it takes the lock, in a transaction with a journal of its own.
TEST_CASE("a header that does not count the pages is left to SQLite", "[sqlite_pages]") {
  const Fixture f(3000, 9000);
  const bool in_live = GENERATE(true, false);
  CAPTURE(in_live);
  const fs::path& stale = in_live ? f.live : f.staged;
  set_header(stale, page_count_at, 3);
  set_header(stale, valid_for_at, 77);
  CHECK(sql_text(stale, "PRAGMA integrity_check") == "ok");
  SECTION("replaced") {
    f.lock()->replace();
    CHECK(f.rows() == 9000);
  }
  SECTION("failed half-way") {
    {
      const auto lock = f.lock();
      const FileSizeLimit limit(fs::file_size(f.live) + 8192);
      CHECK(error_of([&] { lock->replace(); }).kind() == ErrorKind::failed);
    }
    CHECK(f.rows() == 3000);
  }
  CHECK(sql_text(f.live, "PRAGMA integrity_check") == "ok");
}

// SQLite takes what is missing of the last page for zeros.
TEST_CASE("a file that ends within a page is left to SQLite", "[sqlite_pages]") {
  const Fixture f(GENERATE(10, 9000), 3000);
  const bool in_live = GENERATE(true, false);
  CAPTURE(in_live);
  const fs::path& cut = in_live ? f.live : f.staged;
  run_sql(cut, "CREATE TABLE last(v)");  // an empty page but for its header
  fs::resize_file(cut, fs::file_size(cut) - 100);
  CHECK(sql_text(cut, "PRAGMA integrity_check") == "ok");
  f.lock()->replace();
  CHECK(f.rows() == 3000);
  CHECK(sql_text(f.live, "PRAGMA integrity_check") == "ok");
}
