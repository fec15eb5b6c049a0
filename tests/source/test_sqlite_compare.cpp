// SPDX-License-Identifier: MIT
/// What a comparison by the b-trees says is what queries say.
#include <SQLiteCpp/SQLiteCpp.h>

#include <random>

#include "a2a_backup/source/sqlite_file.hpp"
#include "catch.hpp"
#include "support.hpp"

using namespace a2a_backup;
using namespace a2a_backup::test;
using namespace std::chrono_literals;

namespace {

/// Two equal databases with rows of every length, in folders of their own.
struct Pair {
  explicit Pair(int page_size = 4096) {
    fs::create_directory(dir / "live");
    fs::create_directory(dir / "other");
    run_sql(other, "PRAGMA page_size=" + std::to_string(page_size) + R"(;
        CREATE TABLE few(id INTEGER PRIMARY KEY, v);
        INSERT INTO few VALUES(-5, 1.5), (-1, NULL), (0, ''), (9223372036854775807, x'00');
        CREATE TABLE empty(id INTEGER PRIMARY KEY);
        CREATE TABLE many(id INTEGER PRIMARY KEY, n INTEGER, v TEXT);
        WITH RECURSIVE number(n) AS (SELECT 1 UNION ALL SELECT n+1 FROM number WHERE n<3000)
        INSERT INTO many SELECT 3*n, n, CASE n%97 WHEN 0 THEN replace(hex(zeroblob(n*20)), '0', n%7)
                                         ELSE 'text of ' || n END FROM number;)");
    fs::copy_file(other, live);
  }
  DatabaseDifference compare() const { return compare_sqlite(live, other, 1s); }
  std::uint64_t count(const std::string& sql) const {
    SQLite::Database database(live.string());
    database.exec("ATTACH '" + other.string() + "' AS other");
    return static_cast<std::uint64_t>(database.execAndGet(sql).getInt64());
  }

  TempDir dir;
  fs::path live = dir / "live/a2a_system.db";
  fs::path other = dir / "other/a2a_system.db";
};

/// Compares with what queries say about the table `many`.
void check(const Pair& pair) {
  const DatabaseDifference found = pair.compare();
  CHECK(found.live_rows.at("few") == 4);
  CHECK(found.live_rows.at("empty") == 0);
  CHECK(found.live_rows.at("many") == pair.count("SELECT count(*) FROM main.many"));
  CHECK(found.lost_rows.at("many") ==
        pair.count("SELECT count(*) FROM main.many WHERE id NOT IN (SELECT id FROM other.many)"));
  const auto differing = pair.count(
      "SELECT (SELECT count(*) FROM (SELECT * FROM main.many EXCEPT SELECT * FROM other.many)) +"
      "(SELECT count(*) FROM (SELECT * FROM other.many EXCEPT SELECT * FROM main.many))");
  CHECK(found.same == (differing == 0));
}

std::string random_change(std::mt19937& random) {
  const auto id = std::to_string(random() % 9100);
  const auto span = std::to_string(random() % 400);
  switch (random() % 6) {
    case 0:
      return "INSERT OR IGNORE INTO many VALUES(" + id + ", 0, 'new')";
    case 1:
      return "DELETE FROM many WHERE id BETWEEN " + id + " AND " + id + "+" + span;
    case 2:
      return "UPDATE many SET n=n+1 WHERE id BETWEEN " + id + " AND " + id + "+3";
    case 3:
      return "UPDATE many SET v=v || v WHERE id BETWEEN " + id + " AND " + id + "+20";
    case 4:
      return "UPDATE many SET v=substr(v, 1, length(v)-1) || 'x' WHERE length(v) > 900 AND id>" +
             id;
    default:
      return "VACUUM";
  }
}

}  // namespace

TEST_CASE("after any changes the counts are those of queries", "[sqlite_compare]") {
  const int page_size = GENERATE(512, 1024, 4096, 65536);
  const std::string mode = GENERATE(as<std::string>{}, "DELETE", "WAL");
  const unsigned seed = GENERATE(range(1U, 7U));
  CAPTURE(page_size, mode, seed);
  std::mt19937 random(seed);
  const Pair pair(page_size);
  SQLite::Database app(pair.live.string(), SQLite::OPEN_READWRITE);
  app.exec("PRAGMA wal_autocheckpoint=0");
  app.exec("PRAGMA journal_mode=" + mode);
  check(pair);
  for (int i = 0; i < 5; ++i) {
    const std::string sql = random_change(random);
    CAPTURE(sql);
    app.exec(sql);
    check(pair);
  }
}

TEST_CASE("a long text that differs in its last character is a difference", "[sqlite_compare]") {
  const Pair pair;
  run_sql(pair.live,
          "UPDATE many SET v=substr(v, 1, length(v)-1) || 'x' WHERE id=(SELECT max(id) FROM many "
          "WHERE length(v)>50000)");
  CHECK_FALSE(pair.compare().same);
}

TEST_CASE("rows that are stored in another way are equal", "[sqlite_compare]") {
  const Pair pair;
  // The rows that are there keep their records, without the column; new ones have it.
  const std::string column = "ALTER TABLE many ADD COLUMN extra INTEGER DEFAULT 7";
  run_sql(pair.live, column);
  run_sql(pair.other, column + "; UPDATE many SET extra=7");
  CHECK(pair.compare().same);
  run_sql(pair.other, "UPDATE many SET extra=8 WHERE id=6000");
  CHECK_FALSE(pair.compare().same);
}

TEST_CASE("a column that is called rowid is none", "[sqlite_compare]") {
  const Pair pair;
  for (const fs::path& file : {pair.live, pair.other}) {
    run_sql(file, "CREATE TABLE odd(rowid TEXT, v); INSERT INTO odd VALUES('a', 1), ('b', 2)");
  }
  run_sql(pair.live, "UPDATE odd SET v=3 WHERE v=2");
  CHECK_FALSE(pair.compare().same);
}

TEST_CASE("a generated column that is called rowid is none either", "[sqlite_compare]") {
  const Pair pair;
  for (const fs::path& file : {pair.live, pair.other}) {
    run_sql(file,
            "CREATE TABLE odd(a INTEGER, v, rowid INTEGER AS (a+1000) VIRTUAL);"
            "INSERT INTO odd(a, v) VALUES(1, 1), (2, 2)");
  }
  CHECK(pair.compare().same);
  run_sql(pair.live, "UPDATE odd SET v=3 WHERE a=2");
  CHECK_FALSE(pair.compare().same);
}

// The rows are those of the backup, and the application does not find them.
TEST_CASE("a broken index is a difference", "[sqlite_compare]") {
  const Pair pair;
  run_sql(pair.other,
          "CREATE TABLE words(v TEXT); INSERT INTO words VALUES('unmistakable word');"
          "CREATE INDEX by_word ON words(v)");
  fs::copy_file(pair.other, pair.live, fs::copy_options::overwrite_existing);
  std::string bytes = read_text_file(pair.live);
  bool broken = false;
  for (std::size_t page = 4096; page < bytes.size(); page += 4096) {
    const std::size_t at = bytes.find("unmistakable word", page);
    if (bytes[page] != 0x0a || at >= page + 4096) continue;  // a leaf of an index
    bytes[at] = 'U';
    broken = true;
  }
  REQUIRE(broken);
  write_text(pair.live, bytes);
  CHECK_FALSE(pair.compare().same);
}

TEST_CASE("what SQLite counts and names beside the rows is compared", "[sqlite_compare]") {
  const Pair pair;
  const std::string table =
      "CREATE TABLE given(id INTEGER PRIMARY KEY AUTOINCREMENT); INSERT INTO given VALUES(5)";
  run_sql(pair.live, table);
  run_sql(pair.other, table + "; VACUUM");
  CHECK(pair.compare().same);
  run_sql(pair.live, GENERATE(as<std::string>{}, "UPDATE sqlite_sequence SET seq=9",
                              "PRAGMA application_id=7"));
  CHECK_FALSE(pair.compare().same);
}

TEST_CASE("a live database is sound or not", "[sqlite_compare]") {
  const Pair pair(512);
  SQLite::Database app(pair.live.string(), SQLite::OPEN_READWRITE);
  app.exec("PRAGMA journal_mode=WAL; INSERT INTO many VALUES(-1, 0, 'in the log')");
  CHECK_NOTHROW(require_sound_live(pair.live, 1s));
  CHECK_NOTHROW(require_sound_live(pair.other, 1s));
  std::string bytes = read_text_file(pair.other);
  bytes.replace(bytes.size() / 2, 1024, 1024, 'x');
  write_text(pair.other, bytes);
  CHECK(error_of([&] { require_sound_live(pair.other, 1s); }).kind() == ErrorKind::failed);
}

TEST_CASE("a damaged database is compared or refused, and nothing else", "[sqlite_compare]") {
  const unsigned seed = GENERATE(range(1U, 40U));
  CAPTURE(seed);
  std::mt19937 random(seed);
  const Pair pair(512);
  std::string bytes = read_text_file(pair.live);
  for (int i = 0; i < 40; ++i) {
    bytes[512 + random() % (bytes.size() - 512)] = static_cast<char>(random());
  }
  write_text(pair.live, bytes);
  bool same = false;
  const Error error = error_of([&] { same = pair.compare().same; });
  CHECK_FALSE(same);
  // Some damage is in pages that nothing is read from.
  CHECK((error.kind() == ErrorKind::source || error.message() == "<nothing was thrown>"));
}
