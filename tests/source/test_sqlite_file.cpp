// SPDX-License-Identifier: MIT
#include <SQLiteCpp/SQLiteCpp.h>

#include "a2a_backup/source/sqlite_file.hpp"
#include "catch.hpp"
#include "support.hpp"

using namespace a2a_backup;
using namespace a2a_backup::test;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;
using Rows = std::map<std::string, std::uint64_t>;

namespace {

DatabaseRecord examine(const fs::path& file, SqliteCheck check = SqliteCheck::full) {
  return examine_sqlite(file, check, "the copy", ErrorKind::archive);
}

/// A database with three tasks and its copy, each in a folder of its own.
struct Pair {
  Pair() {
    make_database(live, 3);
    fs::create_directory(dir / "other");
    fs::copy_file(live, other);
  }
  DatabaseDifference compare() const { return compare_sqlite(live, other, 200ms); }

  TempDir dir;
  fs::path live = dir / "live/a2a_system.db";
  fs::path other = dir / "other/a2a_system.db";
};

}  // namespace

TEST_CASE("a database is described", "[sqlite_file]") {
  const TempDir dir;
  const fs::path file = dir / "odd #1?name%20.db";
  make_database(file, 500, GENERATE(as<std::string>{}, "DELETE", "WAL"), 1024);
  run_sql(file, R"(PRAGMA user_version=42;
      CREATE TABLE "odd ""name"" 'x'"(a); INSERT INTO "odd ""name"" 'x'" VALUES(1),(2);
      CREATE TABLE counted(id INTEGER PRIMARY KEY AUTOINCREMENT); INSERT INTO counted VALUES(7);
      CREATE VIEW v AS SELECT * FROM tasks; CREATE INDEX i ON tasks(title);)");
  const auto before = tree_of(dir.path());
  for (const SqliteCheck check : {SqliteCheck::none, SqliteCheck::quick, SqliteCheck::full}) {
    const DatabaseRecord record = examine(file, check);
    CHECK(record.engine == "sqlite");
    CHECK(record.page_size == 1024);
    CHECK(record.page_count * 1024 == fs::file_size(file));
    CHECK(record.user_version == 42);
    CHECK(record.tables ==
          Rows{{"tasks", 500}, {"notes", 0}, {"odd \"name\" 'x'", 2}, {"counted", 1}});
    CHECK(record.source.empty());
    CHECK(record.journal_mode.empty());
  }
  CHECK(tree_of(dir.path()) == before);
}

TEST_CASE("what is no database is refused by name and kind", "[sqlite_file]") {
  const TempDir dir;
  write_text(dir / "x.db", std::string(8192, 'x'));
  const Error error = error_of([&] { examine(dir / "x.db"); });
  CHECK(error.kind() == ErrorKind::archive);
  CHECK(error.message() == "the copy is not a SQLite database");
  CHECK(error_of([&] { examine(dir / "missing.db"); }).kind() == ErrorKind::archive);
  CHECK(!fs::exists(dir / "missing.db"));
}

TEST_CASE("damage is found", "[sqlite_file]") {
  const TempDir dir;
  const fs::path file = dir / "x.db";
  make_database(file, 2000);
  SECTION("cut off") {
    fs::resize_file(file, fs::file_size(file) / 2 + 100);
  }
  SECTION("a page overwritten") {
    std::string text = read_text_file(file);
    text.replace(4096 * 3, 4096, std::string(4096, '\x5a'));
    write_text(file, text);
  }
  const SqliteCheck check = GENERATE(SqliteCheck::quick, SqliteCheck::full);
  const Error error = error_of([&] { examine(file, check); });
  CHECK(error.kind() == ErrorKind::archive);
  CHECK_THAT(error.message(), ContainsSubstring("the database the copy is damaged"));
}

TEST_CASE("only the full check compares an index with its table", "[sqlite_file]") {
  const TempDir dir;
  const fs::path file = dir / "x.db";
  make_database(file, 50);
  run_sql(file,
          "CREATE TABLE t(a, b); INSERT INTO t SELECT id, -id FROM tasks;"
          "CREATE INDEX i ON t(b); PRAGMA writable_schema=ON;"
          "UPDATE sqlite_master SET sql='CREATE INDEX i ON t(a)' WHERE name='i'");
  CHECK(examine(file, SqliteCheck::quick).tables.at("t") == 50);
  CHECK_THAT(error_of([&] { examine(file, SqliteCheck::full); }).message(),
             ContainsSubstring("integrity_check says"));
}

TEST_CASE("equal databases are the same, whatever their page size", "[sqlite_file]") {
  Pair pair;
  const int page_size = GENERATE(4096, 512, 65536);
  set_page_size(pair.other, static_cast<std::uint64_t>(page_size));
  const DatabaseDifference difference = pair.compare();
  CHECK(difference.same);
  CHECK(difference.live_rows == Rows{{"tasks", 3}, {"notes", 0}});
  CHECK(difference.lost_rows == Rows{{"tasks", 0}, {"notes", 0}});
}

TEST_CASE("a database is the same when only its counters of changes differ", "[sqlite_file]") {
  const Pair p;
  run_sql(p.live, "CREATE TABLE gone(x); DROP TABLE gone; UPDATE tasks SET title=title");
  run_sql(p.other, "VACUUM");
  CHECK(p.compare().same);
  const DatabaseDifference difference = p.compare();
  CHECK(difference.live_rows.at("tasks") == 3);
  CHECK(difference.lost_rows.at("tasks") == 0);
}

TEST_CASE("one changed character is a difference", "[sqlite_file]") {
  const Pair p;
  run_sql(p.live, "UPDATE tasks SET title='Title of task 2' WHERE id=2");
  CHECK(fs::file_size(p.live) == fs::file_size(p.other));
  CHECK_FALSE(p.compare().same);
}

TEST_CASE("rows that only the live database has would be lost", "[sqlite_file]") {
  Pair pair;
  run_sql(pair.live,
          "INSERT INTO tasks VALUES(10,'x'),(11,'y'); DELETE FROM tasks WHERE id=1;"
          "CREATE TABLE new(a); INSERT INTO new VALUES(1),(2),(3)");
  const DatabaseDifference difference = pair.compare();
  CHECK(!difference.same);
  CHECK(difference.live_rows == Rows{{"tasks", 4}, {"notes", 0}, {"new", 3}});
  CHECK(difference.lost_rows == Rows{{"tasks", 2}, {"notes", 0}, {"new", 3}});
}

TEST_CASE("any other difference is seen as well", "[sqlite_file]") {
  Pair pair;
  const auto sql =
      GENERATE(as<std::string>{}, "UPDATE tasks SET title='other' WHERE id=2",
               "UPDATE tasks SET title=CAST(title AS BLOB) WHERE id=2",
               "DELETE FROM tasks WHERE id=3", "CREATE TABLE empty(a)", "DROP TABLE notes",
               "CREATE INDEX i ON tasks(title)", "PRAGMA user_version=7",
               "INSERT INTO notes VALUES(1,NULL)", "ALTER TABLE notes ADD COLUMN c");
  const bool in_live = GENERATE(true, false);
  CAPTURE(sql, in_live);
  run_sql(in_live ? pair.live : pair.other, sql);
  CHECK(!pair.compare().same);
}

TEST_CASE("tables with keys of every kind are compared", "[sqlite_file]") {
  Pair pair;
  for (const fs::path& file : {pair.live, pair.other}) {
    run_sql(file,
            "CREATE TABLE pair(a TEXT, \"b c\" TEXT, n, PRIMARY KEY(a, \"b c\"));"
            "CREATE TABLE bare(v); CREATE TABLE tight(k TEXT PRIMARY KEY, v) WITHOUT ROWID;"
            "INSERT INTO pair VALUES('a','b',1),('a','c',2);"
            "INSERT INTO bare VALUES('x'),('x'),(NULL),(x'00ff');"
            "INSERT INTO tight VALUES('k',1.5)");
  }
  CHECK(pair.compare().same);
  run_sql(pair.live, "INSERT INTO pair VALUES('b','b',1); INSERT INTO tight VALUES('l',0)");
  const DatabaseDifference difference = pair.compare();
  CHECK(!difference.same);
  CHECK(difference.lost_rows.at("pair") == 1);
  CHECK(difference.lost_rows.at("tight") == 1);
  CHECK(difference.lost_rows.at("bare") == 0);
}

// A key that is NULL equals nothing, so the row counts as lost.
TEST_CASE("a key may be NULL", "[sqlite_file]") {
  Pair pair;
  for (const fs::path& file : {pair.live, pair.other}) {
    run_sql(file, "CREATE TABLE t(k TEXT PRIMARY KEY, v); INSERT INTO t VALUES(NULL,1)");
  }
  CHECK(pair.compare().same);
}

// The key's columns are looked up in the live table alone.
TEST_CASE("a table whose key was renamed can be compared", "[sqlite_file]") {
  Pair pair;
  run_sql(pair.live, "ALTER TABLE tasks RENAME COLUMN id TO task_id");
  CHECK(!pair.compare().same);
}

TEST_CASE("rows in the write-ahead log count as live", "[sqlite_file]") {
  Pair pair;
  SQLite::Database app(pair.live.string(), SQLite::OPEN_READWRITE);
  app.exec("PRAGMA journal_mode=WAL; INSERT INTO tasks VALUES(10,'x')");
  CHECK(pair.compare().lost_rows.at("tasks") == 1);
}

TEST_CASE("a live database that cannot be compared is an error of its kind", "[sqlite_file]") {
  Pair pair;
  SECTION("locked") {
    SQLite::Database app(pair.live.string(), SQLite::OPEN_READWRITE);
    app.exec("BEGIN EXCLUSIVE");
    CHECK(error_of([&] { pair.compare(); }).kind() == ErrorKind::busy);
  }
  SECTION("no database") {
    write_text(pair.live, std::string(5000, 'x'));
    CHECK(error_of([&] { pair.compare(); }).kind() == ErrorKind::source);
  }
  SECTION("missing") {
    fs::remove(pair.live);
    CHECK(error_of([&] { pair.compare(); }).kind() == ErrorKind::source);
    CHECK(!fs::exists(pair.live));
  }
}

TEST_CASE("a comparison changes neither side", "[sqlite_file]") {
  Pair pair;
  const auto before = tree_of(pair.dir.path());
  pair.compare();
  CHECK(tree_of(pair.dir.path()) == before);
}

TEST_CASE("a page size is set only where it differs", "[sqlite_file]") {
  const TempDir dir;
  const fs::path file = dir / "x.db";
  make_database(file, 300, "WAL", 4096);
  set_page_size(file, 0);
  CHECK(sql_text(file, "PRAGMA journal_mode") == "delete");
  const std::string at_rest = read_text_file(file);
  set_page_size(file, 0);
  set_page_size(file, 4096);
  CHECK((read_text_file(file) == at_rest));
  set_page_size(file, 1024);
  CHECK(examine(file).page_size == 1024);
  CHECK(examine(file).tables.at("tasks") == 300);
  CHECK(tree_of(dir.path()).size() == 1);
}
