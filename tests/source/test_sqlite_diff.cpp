// SPDX-License-Identifier: MIT
#include "a2a_backup/source/sqlite_diff.hpp"
#include "catch.hpp"
#include "support.hpp"

using namespace a2a_backup;
using namespace a2a_backup::test;
using namespace std::chrono_literals;

namespace {

/// Two equal databases in folders of their own, each with a table of every kind of key.
struct Pair {
  Pair() {
    make_database(before, 3);
    run_sql(before, R"(CREATE TABLE words(word TEXT COLLATE NOCASE PRIMARY KEY, n) WITHOUT ROWID;
        INSERT INTO words VALUES('one', 1), ('two', 2);
        CREATE TABLE bare(a, b); INSERT INTO bare VALUES(1, 'x'), (2, 'y');)");
    fs::create_directory(dir / "after");
    fs::copy_file(before, after);
  }
  DatabaseDiff diff() const { return diff_sqlite(before, after, 200ms); }
  TableChanges table(const std::string& name) const {
    for (const TableChanges& table : diff().tables) {
      if (table.name == name) return table;
    }
    FAIL("no table " << name);
    return {};
  }

  TempDir dir;
  fs::path before = dir / "before/a2a_system.db";
  fs::path after = dir / "after/a2a_system.db";
};

}  // namespace

TEST_CASE("equal databases do not differ", "[sqlite_diff]") {
  const Pair pair;
  CHECK(!pair.diff().any());
  CHECK(pair.diff().tables.size() == 4);
}

TEST_CASE("rows are added, removed and changed by their key", "[sqlite_diff]") {
  const Pair pair;
  run_sql(pair.after, R"(DELETE FROM words WHERE word='one'; INSERT INTO words VALUES('six', 6);
      UPDATE words SET n=20 WHERE word='two'; UPDATE bare SET b='z' WHERE a=2;
      INSERT INTO bare VALUES(3, 'new'), (4, 'new');)");
  const TableChanges words = pair.table("words");
  CHECK(words.added == 1);
  CHECK(words.removed == 1);
  CHECK(words.changed == 1);
  CHECK(words.rows_before == 2);
  CHECK(words.rows_after == 2);
  const TableChanges bare = pair.table("bare");
  CHECK(bare.added == 2);
  CHECK(bare.removed == 0);
  CHECK(bare.changed == 1);
  CHECK(!pair.table("tasks").any());
  const DatabaseDiff back = reversed(pair.diff());
  CHECK(back.tables.front().name == "bare");
  CHECK(back.tables.front().removed == 2);
  CHECK(back.tables.front().rows_before == 4);
}

TEST_CASE("a change of type or of case is a change", "[sqlite_diff]") {
  const Pair pair;
  run_sql(pair.after, "UPDATE bare SET a=1.0 WHERE a=1; UPDATE words SET word='ONE' WHERE n=1");
  CHECK(pair.table("bare").changed == 1);
  CHECK(pair.table("words").changed == 1);
}

TEST_CASE("tables and schema come, go and change", "[sqlite_diff]") {
  const Pair pair;
  run_sql(pair.after, R"(DROP TABLE bare; CREATE TABLE fresh(a); INSERT INTO fresh VALUES(1);
      ALTER TABLE words ADD COLUMN more; CREATE INDEX titles ON tasks(title);
      PRAGMA user_version=7;)");
  CHECK(!pair.table("bare").after);
  CHECK(pair.table("bare").removed == 2);
  CHECK(!pair.table("fresh").before);
  CHECK(pair.table("fresh").added == 1);
  // The column is in the schema; what both have is the same.
  CHECK(!pair.table("words").any());
  std::vector<std::string> changes;
  for (const SchemaChange& change : pair.diff().schema) {
    changes.push_back(change.type + " " + change.name + (change.before.empty() ? " new" : "") +
                      (change.after.empty() ? " gone" : ""));
  }
  CHECK(changes == std::vector<std::string>{"index titles new", "table bare gone",
                                            "table fresh new", "table words",
                                            "user_version user_version"});
  const SchemaChange version = pair.diff().schema.back();
  CHECK(version.before == "0");
  CHECK(version.after == "7");
  CHECK(reversed(pair.diff()).schema.back().before == "7");
}

TEST_CASE("a database that cannot be read is said to be so", "[sqlite_diff]") {
  const Pair pair;
  write_text(pair.before, "no database at all, but long enough to look like one");
  const Error error = error_of([&] { pair.diff(); });
  CHECK(error.kind() == ErrorKind::source);
}
