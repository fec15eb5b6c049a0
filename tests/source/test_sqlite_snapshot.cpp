// SPDX-License-Identifier: MIT
#include <SQLiteCpp/SQLiteCpp.h>

#include <fstream>
#include <random>

#include "../src/source/sqlite_snapshot.hpp"
#include "catch.hpp"
#include "support.hpp"

using namespace a2a_backup;
using namespace a2a_backup::test;
using namespace std::chrono_literals;

namespace {

std::string bytes_of(const RandomAccess& file, std::size_t piece = 100'000) {
  std::string all(static_cast<std::size_t>(file.size()), '\0');
  for (std::size_t at = 0; at < all.size(); at += piece) {
    const std::size_t count = std::min(piece, all.size() - at);
    file.read_at(at, std::as_writable_bytes(std::span(all)).subspan(at, count));
  }
  return all;
}

/// The file as it is when the whole log has been brought home, without the flag that it has one.
std::string checkpointed(const fs::path& live) {
  SQLite::Database(live.string(), SQLite::OPEN_READWRITE).exec("PRAGMA wal_checkpoint(TRUNCATE)");
  std::string text = read_text_file(live);
  text[18] = text[19] = '\x01';
  return text;
}

std::unique_ptr<SQLite::Database> open_app(const fs::path& live) {
  auto app = std::make_unique<SQLite::Database>(live.string(), SQLite::OPEN_READWRITE, 2000);
  app->exec("PRAGMA wal_autocheckpoint=0; PRAGMA synchronous=OFF");
  return app;
}

/// Transactions that change, add and take away pages, some more than once.
void work(SQLite::Database& app, unsigned seed) {
  std::mt19937 random(seed);
  for (int i = 0; i < 12; ++i) {
    const std::string id = std::to_string(random() % 3000);
    switch (random() % 4) {
      case 0:
        app.exec("UPDATE tasks SET title=title||'" + std::string(random() % 900, 'y') +
                 "' WHERE id<" + id);
        break;
      case 1:
        app.exec("DELETE FROM tasks WHERE id BETWEEN " + id + " AND " + id + "+200");
        break;
      case 2:
        app.exec("INSERT INTO notes SELECT NULL, title FROM tasks WHERE id<" + id);
        break;
      default:
        app.exec("UPDATE tasks SET title='z" + id + "' WHERE id=" + id);
    }
  }
}

}  // namespace

TEST_CASE("a snapshot is what a checkpoint would make of the file", "[sqlite_snapshot]") {
  const TempDir root;
  const fs::path live = root / "x.db";
  const int page_size = GENERATE(512, 4096, 65536);
  const unsigned seed = GENERATE(range(1U, 5U));
  make_database(live, 3000, "WAL", page_size);
  const auto app = open_app(live);
  work(*app, seed);
  if (seed % 2 == 0) {  // a part of the log is in the file, a part is not
    app->exec("PRAGMA wal_checkpoint(PASSIVE)");
    work(*app, seed + 100);
  }
  if (seed == 4) app->exec("VACUUM");
  const std::string log = read_text_file(live.string() + "-wal");
  REQUIRE(!log.empty());
  std::string read;
  {
    const auto snapshot = SqliteSnapshot::take(live);
    REQUIRE(snapshot != nullptr);
    CHECK(snapshot->journal_mode() == "wal");
    CHECK_FALSE(snapshot->blocks_writers());
    read = bytes_of(*snapshot);
    CHECK((bytes_of(*snapshot, 777) == read));
  }
  CHECK((read_text_file(live.string() + "-wal") == log));
  CHECK((read == checkpointed(live)));
}

TEST_CASE("a snapshot stands still while others write and checkpoint", "[sqlite_snapshot]") {
  const TempDir root;
  const fs::path live = root / "x.db";
  make_database(live, 3000, "WAL");
  const auto app = open_app(live);
  work(*app, 7);
  SECTION("with a log that it needs") {}
  SECTION("with a log that has come home, which writers start anew") {
    app->exec("PRAGMA wal_checkpoint(FULL)");
  }
  SECTION("with a log that was emptied") {
    app->exec("PRAGMA wal_checkpoint(TRUNCATE)");
  }
  const auto snapshot = SqliteSnapshot::take(live);
  REQUIRE(snapshot != nullptr);
  const std::string before = bytes_of(*snapshot);
  for (unsigned round = 0; round < 4; ++round) {
    work(*app, 20 + round);
    app->exec("PRAGMA wal_checkpoint(PASSIVE)");
    CHECK((bytes_of(*snapshot) == before));
  }
  write_text(root / "copy.db", before);
  CHECK(sql_text(root / "copy.db", "PRAGMA integrity_check") == "ok");
}

TEST_CASE("snapshots under writers that checkpoint all the time are whole", "[sqlite_snapshot]") {
  const TempDir root;
  const fs::path live = root / "x.db";
  make_database(live, 2000, "WAL");
  SQLite::Database app(live.string(), SQLite::OPEN_READWRITE, 2000);
  app.exec("PRAGMA wal_autocheckpoint=20; PRAGMA synchronous=OFF");
  std::atomic<int> commits{0};
  Background writer([&](int number) {
    const std::string row = "(" + std::to_string(100'000 + number) + ",'x');";
    app.exec("BEGIN IMMEDIATE; INSERT INTO tasks VALUES" + row + "INSERT INTO notes VALUES" + row +
             "COMMIT");
    commits = number;
  });
  while (commits == 0) std::this_thread::sleep_for(1ms);
  int taken = 0;
  for (int run = 0; run < 40; ++run) {
    const int before = commits;
    const auto snapshot = SqliteSnapshot::take(live);
    if (!snapshot) continue;
    ++taken;
    write_text(root / "copy.db", bytes_of(*snapshot));
    const std::int64_t notes = sql_number(root / "copy.db", "SELECT count(*) FROM notes");
    CHECK(sql_number(root / "copy.db", "SELECT count(*) FROM tasks") == 2000 + notes);
    CHECK(notes >= before);
    CHECK(sql_text(root / "copy.db", "PRAGMA integrity_check") == "ok");
  }
  writer.stop();
  CHECK(taken > 30);
}

TEST_CASE("a rollback-journal database is read as its file is", "[sqlite_snapshot]") {
  const TempDir root;
  const fs::path live = root / "x.db";
  make_database(live, 3000);
  const auto snapshot = SqliteSnapshot::take(live);
  REQUIRE(snapshot != nullptr);
  CHECK(snapshot->blocks_writers());
  CHECK((bytes_of(*snapshot) == read_text_file(live)));
  std::byte one{};
  CHECK(error_of([&] { snapshot->read_at(snapshot->size(), std::span(&one, 1)); }).kind() ==
        ErrorKind::source);
}

TEST_CASE("a log that is not what its index says is not read", "[sqlite_snapshot]") {
  const TempDir root;
  const fs::path live = root / "x.db";
  make_database(live, 300, "WAL");
  const auto app = open_app(live);
  work(*app, 3);
  const fs::path log = live.string() + "-wal";
  const std::string good = read_text_file(log);
  std::string bad = good;
  SECTION("a page is damaged") {
    bad[good.size() / 2] ^= 1;
  }
  SECTION("the header is damaged") {
    bad[16] ^= 1;
  }
  SECTION("it is cut off") {
    bad.resize(good.size() - 1);
  }
  {
    std::ofstream file(log, std::ios::in | std::ios::out | std::ios::binary);
    file.write(bad.data(), static_cast<std::streamsize>(bad.size()));
  }
  fs::resize_file(log, bad.size());
  CHECK(SqliteSnapshot::take(live) == nullptr);
}
