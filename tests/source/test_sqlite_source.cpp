// SPDX-License-Identifier: MIT
#include <SQLiteCpp/SQLiteCpp.h>

#include "a2a_backup/source/sqlite_file.hpp"
#include "a2a_backup/source/sqlite_source.hpp"
#include "catch.hpp"
#include "source/source_contract.hpp"
#include "support.hpp"

using namespace a2a_backup;
using namespace a2a_backup::test;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;
using Clock = std::chrono::steady_clock;

namespace {

const std::string place = "database/a2a_system.db";

std::unique_ptr<SqliteSource> source_of(const fs::path& root,
                                        std::chrono::milliseconds timeout = 5s) {
  SqliteSourceOptions options;
  options.busy_timeout = timeout;
  return std::make_unique<SqliteSource>(locate_database(root, {}).value(), options);
}

/// A database, what an application does with it, and one capture of it.
struct Fixture {
  void capture(std::chrono::milliseconds timeout = 5s) {
    source = source_of(root.path(), timeout);
    source->capture(staging.path(), no_progress());
    const auto reader = source->open(source->entries().at(0));
    write_new_file(*reader, copy);
  }
  std::int64_t copied_rows() const { return sql_number(copy, "SELECT count(*) FROM tasks"); }
  DatabaseRecord record() const {
    Metadata metadata;
    source->annotate(metadata);
    return metadata.database.value();
  }
  Error refusal(std::chrono::milliseconds timeout = 5s) {
    return error_of([&] {
      capture(timeout);
      record();
    });
  }

  TempDir root;
  TempDir staging;
  TempDir scratch;
  fs::path live = root / place;
  fs::path copy = scratch / "copy.db";
  std::unique_ptr<SqliteSource> source;
};

/// Copies the database as a crash would leave it: with the log or journal that is beside it.
void copy_crashed(const fs::path& from, const fs::path& to) {
  fs::create_directories(to.parent_path());
  for (const char* suffix : {"", "-wal", "-journal"}) {
    if (fs::exists(from.string() + suffix)) {
      fs::copy_file(from.string() + suffix, to.string() + suffix);
    }
  }
}

/// Leaves a database of 3 committed and 2 logged rows at `live`, with nobody who has it open.
void make_crashed_wal(const fs::path& live) {
  const TempDir elsewhere;
  make_database(elsewhere / "x.db", 3, "WAL");
  SQLite::Database app((elsewhere / "x.db").string(), SQLite::OPEN_READWRITE);
  app.exec("PRAGMA wal_autocheckpoint=0; INSERT INTO tasks VALUES(10,'x'),(11,'y')");
  copy_crashed(elsewhere / "x.db", live);
}

/// Leaves a database whose writer died in the middle of a transaction; 400 rows are right.
void make_hot_journal(const fs::path& live) {
  const TempDir elsewhere;
  make_database(elsewhere / "x.db", 400);
  SQLite::Database app((elsewhere / "x.db").string(), SQLite::OPEN_READWRITE);
  app.exec(
      "PRAGMA cache_size=1; BEGIN; UPDATE tasks SET title=title || 'a much longer title';"
      "DELETE FROM tasks WHERE id<200");
  copy_crashed(elsewhere / "x.db", live);
  REQUIRE(fs::file_size(live.string() + "-journal") > 0);
}

}  // namespace

TEST_CASE("SqliteSource keeps the contract of a source", "[sqlite_source]") {
  check_source_contract([](const fs::path& root) { make_database(root / place, 2000); },
                        [](const fs::path& root) { return source_of(root); });
}

TEST_CASE("SqliteSource keeps the contract over a write-ahead log", "[sqlite_source]") {
  check_source_contract([](const fs::path& root) { make_database(root / place, 2000, "WAL"); },
                        [](const fs::path& root) { return source_of(root); });
}

TEST_CASE("the copy is whole, plain and described", "[sqlite_source]") {
  Fixture f;
  const std::string mode = GENERATE(as<std::string>{}, "delete", "wal", "truncate");
  make_database(f.live, 700, mode, 2048);
  run_sql(f.live, "PRAGMA user_version=9");
  f.capture();
  CHECK(f.source->entries().at(0).name == place);
  CHECK(f.source->entries().at(0).source == f.live.string());
  CHECK(tree_of(f.scratch.path()).size() == 1);
  CHECK(f.copied_rows() == 700);
  CHECK(sql_text(f.copy, "PRAGMA journal_mode") == "delete");
  CHECK(sql_text(f.copy, "PRAGMA integrity_check") == "ok");
  const DatabaseRecord record = f.record();
  CHECK(record.engine == "sqlite");
  CHECK(record.source == f.live.string());
  CHECK(record.page_size == 2048);
  CHECK(record.user_version == 9);
  CHECK(record.journal_mode == (mode == "wal" ? "wal" : "delete"));
  CHECK(record.tables == std::map<std::string, std::uint64_t>{{"tasks", 700}, {"notes", 0}});
}

TEST_CASE("rows in the log of a running application are taken, the log is left alone",
          "[sqlite_source]") {
  Fixture f;
  make_database(f.live, 3, "WAL");
  SQLite::Database app(f.live.string(), SQLite::OPEN_READWRITE);
  app.exec("PRAGMA wal_autocheckpoint=0; INSERT INTO tasks VALUES(10,'x'),(11,'y')");
  const std::string log = read_text_file(f.live.string() + "-wal");
  const std::string file = read_text_file(f.live);
  f.capture();
  CHECK(f.copied_rows() == 5);
  CHECK((read_text_file(f.live.string() + "-wal") == log));
  CHECK((read_text_file(f.live) == file));
  app.exec("INSERT INTO tasks VALUES(12,'z')");
  CHECK(sql_number(f.live, "SELECT count(*) FROM tasks") == 6);
}

TEST_CASE("rows in the log of a dead application are taken, the log stays", "[sqlite_source]") {
  Fixture f;
  make_crashed_wal(f.live);
  const std::string log = read_text_file(f.live.string() + "-wal");
  const std::string file = read_text_file(f.live);
  f.capture();
  CHECK(f.copied_rows() == 5);
  CHECK((read_text_file(f.live.string() + "-wal") == log));
  CHECK((read_text_file(f.live) == file));
}

TEST_CASE("a transaction that a crash cut off is not in the copy", "[sqlite_source]") {
  Fixture f;
  make_hot_journal(f.live);
  f.capture();
  CHECK(f.copied_rows() == 400);
  CHECK(sql_text(f.copy, "SELECT title FROM tasks WHERE id=300") == "title of task 300");
  CHECK(sql_number(f.live, "SELECT count(*) FROM tasks") == 400);
}

TEST_CASE("a database in a folder that may not be written to is copied", "[sqlite_source]") {
  Fixture f;
  SECTION("with a log") {
    make_crashed_wal(f.live);
  }
  SECTION("with a hot journal") {
    make_hot_journal(f.live);
  }
  SECTION("with a write-ahead log that is empty") {
    make_database(f.live, 5, "WAL");
  }
  SECTION("without either") {
    make_database(f.live, 5);
  }
  const std::int64_t rows = fs::exists(f.live.string() + "-journal") ? 400 : 5;
  for (const fs::directory_entry& file : fs::directory_iterator(f.live.parent_path())) {
    fs::permissions(file.path(), fs::perms{0444});
  }
  fs::permissions(f.live.parent_path(), fs::perms{0555});
  fs::permissions(f.staging.path(), fs::perms{0777});
  fs::permissions(f.scratch.path(), fs::perms{0777});
  const auto before = tree_of(f.root.path());
  {
    const AsNobody nobody;
    f.capture();
  }
  CHECK(tree_of(f.root.path()) == before);
  CHECK(f.copied_rows() == rows);
  CHECK(f.record().tables.at("tasks") == static_cast<std::uint64_t>(rows));
}

TEST_CASE("a locked database is busy after the given time", "[sqlite_source]") {
  Fixture f;
  make_database(f.live, 3);
  SQLite::Database app(f.live.string(), SQLite::OPEN_READWRITE);
  app.exec("BEGIN EXCLUSIVE");
  const auto started = Clock::now();
  const Error error = f.refusal(250ms);
  CHECK(Clock::now() - started >= 250ms);
  CHECK(Clock::now() - started < 5s);
  CHECK(error.kind() == ErrorKind::busy);
  CHECK_THAT(error.message(), ContainsSubstring(f.live.string()));
  CHECK_THAT(error.hint(), ContainsSubstring("--lock-timeout"));
}

TEST_CASE("a lock that goes in time is waited for", "[sqlite_source]") {
  Fixture f;
  make_database(f.live, 3);
  SQLite::Database app(f.live.string(), SQLite::OPEN_READWRITE);
  app.exec("BEGIN EXCLUSIVE; INSERT INTO tasks VALUES(10,'x')");
  {
    const Background owner([&](int number) {
      std::this_thread::sleep_for(150ms);
      if (number == 1) app.exec("COMMIT");
    });
    CHECK_NOTHROW(f.capture(20s));
  }
  CHECK(f.copied_rows() == 4);
}

TEST_CASE("writers of a write-ahead log neither wait nor show half a transaction",
          "[sqlite_source]") {
  Fixture f;
  make_database(f.live, 20'000, "WAL");
  SQLite::Database app(f.live.string(), SQLite::OPEN_READWRITE, 2000);
  std::atomic<int> commits{0};
  Background writer([&](int number) {
    const std::string row = "(" + std::to_string(100'000 + number) + ",'x');";
    app.exec("BEGIN IMMEDIATE; INSERT INTO tasks VALUES" + row + "INSERT INTO notes VALUES" + row +
             "COMMIT");
    commits = number;
  });
  while (commits == 0) std::this_thread::sleep_for(1ms);
  for (int run = 0; run < 3; ++run) {
    const int before = commits;
    fs::remove(f.copy);
    f.capture();
    const std::int64_t notes = sql_number(f.copy, "SELECT count(*) FROM notes");
    CHECK(f.copied_rows() == 20'000 + notes);
    CHECK(notes >= before);
    CHECK(sql_text(f.copy, "PRAGMA integrity_check") == "ok");
  }
  writer.stop();
  CHECK(sql_number(f.live, "SELECT count(*) FROM notes") == commits);
}

TEST_CASE("what is missing or no database is refused by its name", "[sqlite_source]") {
  Fixture f;
  fs::create_directories(f.live.parent_path());
  std::string words;
  SECTION("missing") {
    words = "No such file";
  }
  SECTION("text") {
    write_text(f.live, std::string(9000, 'x'));
    words = "is not a SQLite database";
  }
  SECTION("a folder") {
    fs::create_directory(f.live);
    words = "is not a regular file";
  }
  SECTION("cut off") {
    make_database(f.live, 3000);
    fs::resize_file(f.live, fs::file_size(f.live) / 2);
    words = "is damaged";
  }
  SECTION("a page overwritten") {
    make_database(f.live, 3000);
    std::string text = read_text_file(f.live);
    write_text(f.live, text.replace(4096 * 4, 4096, std::string(4096, 'x')));
    words = "is damaged: quick_check says";
  }
  const auto before = tree_of(f.root.path());
  const Error error = f.refusal();
  f.source.reset();
  CHECK(error.kind() == ErrorKind::source);
  CHECK_THAT(error.message(), ContainsSubstring(f.live.string()) && ContainsSubstring(words));
  CHECK(tree_of(f.root.path()) == before);
}

TEST_CASE("a database that may not be read is refused", "[sqlite_source]") {
  Fixture f;
  make_database(f.live, 3);
  fs::permissions(f.live, fs::perms{0});
  const AsNobody nobody;
  const Error error = f.refusal();
  CHECK(error.kind() == ErrorKind::source);
  CHECK_THAT(error.message(), ContainsSubstring("Permission denied"));
}

TEST_CASE("a link is followed to the database and its log", "[sqlite_source]") {
  Fixture f;
  const TempDir volume;
  make_crashed_wal(volume / "real.db");
  fs::create_directories(f.live.parent_path());
  fs::create_symlink(volume / "real.db", f.live);
  f.capture();
  CHECK(f.copied_rows() == 5);
  CHECK(f.source->entries().at(0).source == f.live.string());
}

TEST_CASE("an empty database and other databases beside it are worth a warning",
          "[sqlite_source]") {
  Fixture f;
  write_text(f.live, "");
  make_database(f.root / "data/a2a_system.db", 3);
  f.capture();
  Metadata metadata;
  f.source->annotate(metadata);
  CHECK(f.record().tables.empty());
  REQUIRE(metadata.warnings.size() == 2);
  CHECK_THAT(metadata.warnings[0], ContainsSubstring("has no tables"));
  CHECK_THAT(metadata.warnings[1], ContainsSubstring((f.root / "data/a2a_system.db").string()));
}

TEST_CASE("a large database whose writers would wait is copied, and let go", "[sqlite_source]") {
  Fixture f;
  make_database(f.live, 700);
  SqliteSourceOptions options;
  options.in_place_limit = 0;
  SqliteSource source(locate_database(f.root.path(), {}).value(), options);
  source.capture(f.staging.path(), no_progress());
  CHECK(tree_of(f.staging.path()).size() == 1);
  SQLite::Database app(f.live.string(), SQLite::OPEN_READWRITE);
  CHECK_NOTHROW(app.exec("DELETE FROM tasks"));
  write_new_file(*source.open(source.entries().at(0)), f.copy);
  CHECK(f.copied_rows() == 700);
}

TEST_CASE("a small database is read in place, and its writers wait", "[sqlite_source]") {
  Fixture f;
  make_database(f.live, 700);
  f.capture();
  CHECK(tree_of(f.staging.path()).empty());
  SQLite::Database app(f.live.string(), SQLite::OPEN_READWRITE);
  CHECK_THROWS_AS(app.exec("DELETE FROM tasks"), SQLite::Exception);
  CHECK(f.record().tables.at("tasks") == 700);
  f.source.reset();
  CHECK_NOTHROW(app.exec("DELETE FROM tasks"));
}

TEST_CASE("without a second thread the check waits until it is asked for", "[sqlite_source]") {
  Fixture f;
  make_database(f.live, 3000);
  std::string text = read_text_file(f.live);
  write_text(f.live, text.replace(4096 * 4, 4096, std::string(4096, 'x')));
  SqliteSourceOptions options;
  options.check_beside = false;
  SqliteSource source(locate_database(f.root.path(), {}).value(), options);
  CHECK_NOTHROW(source.capture(f.staging.path(), no_progress()));
  Metadata metadata;
  CHECK(error_of([&] { source.annotate(metadata); }).kind() == ErrorKind::source);
}
