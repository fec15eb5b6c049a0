// SPDX-License-Identifier: MIT
#include <sys/stat.h>

#include "a2a_backup/backup/history.hpp"
#include "catch.hpp"
#include "support.hpp"

using namespace a2a_backup;
using namespace a2a_backup::test;

namespace {

const TimePoint moment = parse_time("2026-11-24T02:00:00Z").value();

Drill drill(const std::string& backup, int hour, DrillKind kind = DrillKind::verify,
            const std::string& problem = {}) {
  return {backup, {10, 20}, kind, moment + std::chrono::hours{hour}, problem, 1.5, 4096};
}

fs::path history_file(const TempDir& folder) {
  return folder / fs::path(history_name);
}

}  // namespace

TEST_CASE("what was remembered is read back, by this very archive", "[history]") {
  const TempDir folder;
  write_text(folder / "a.zip", "0123456789");
  remember_drill(folder.path(), drill("a.zip", 1));
  remember_drill(folder.path(), drill("a.zip", 2, DrillKind::restore, "a \"problem\"\n\xff"));
  const History history = History::read(folder.path());
  REQUIRE(history.drills().size() == 2);
  const auto last = history.of("a.zip", {10, 20});
  REQUIRE(last);
  CHECK(last->kind == DrillKind::restore);
  CHECK(last->problem.starts_with("a \"problem\"\n"));
  CHECK(last->time == moment + std::chrono::hours{2});
  CHECK(last->seconds == 1.5);
  CHECK(last->bytes == 4096);
  CHECK(!history.of("a.zip", {11, 20}));
  CHECK(!history.of("a.zip", {10, 21}));
  CHECK(!history.of("b.zip", {10, 20}));
  CHECK(history.last_good(DrillKind::verify)->time == moment + std::chrono::hours{1});
  CHECK(!history.last_good(DrillKind::restore));
  CHECK(mode_of(history_file(folder)) == 0600);
  CHECK(tree_of(folder.path()).size() == 2);
}

TEST_CASE("the history stays small", "[history]") {
  History history;
  for (int i = 0; i < static_cast<int>(max_drills) + 5; ++i) {
    history.add(drill(std::to_string(i), i));
    history.add(drill(std::to_string(i), i));
  }
  CHECK(history.drills().size() == max_drills);
  CHECK(history.drills().front().backup == "5");
  history.add(drill("long", 1, DrillKind::verify, std::string(10'000, 'x')));
  CHECK(history.drills().back().problem.size() == 500);
}

TEST_CASE("archives that are gone are forgotten, but for the last good drills", "[history]") {
  const TempDir folder;
  write_text(folder / "here.zip", "x");
  History history;
  history.add(drill("gone.zip", 1, DrillKind::restore));
  history.add(drill("gone.zip", 2));
  history.add(drill("here.zip", 3));
  history.add(drill("gone too.zip", 4, DrillKind::verify, "bad"));
  history.forget_gone(folder.path());
  REQUIRE(history.drills().size() == 2);
  CHECK(history.drills()[0].kind == DrillKind::restore);
  CHECK(history.drills()[1].backup == "here.zip");
}

TEST_CASE("a damaged history is an empty one, and is replaced", "[history]") {
  const TempDir folder;
  write_text(folder / "a.zip", "0123456789");
  for (const std::string text :
       {"", "{", "[]", "null", R"({"schema":"a2a-backup-history/2","drills":[]})",
        R"({"schema":"a2a-backup-history/1","drills":[{"backup":1}]})",
        R"({"schema":"a2a-backup-history/1","drills":[{"backup":"a","size":-1}]})"}) {
    CAPTURE(text);
    write_text(history_file(folder), text);
    CHECK(History::read(folder.path()).drills().empty());
    remember_drill(folder.path(), drill("a.zip", 1));
    CHECK(History::read(folder.path()).drills().size() == 1);
  }
  write_text(history_file(folder), std::string(std::size_t{5} << 20, ' '));
  CHECK(History::read(folder.path()).drills().empty());
}

TEST_CASE("where nothing can be written nothing is remembered, and nothing fails", "[history]") {
  const TempDir folder;
  write_text(folder / "a.zip", "0123456789");
  chmod((folder / "a.zip").c_str(), 0644);
  chmod(folder.path().c_str(), 0555);
  {
    const AsNobody nobody;
    DrillRecord record(folder.path(), folder / "a.zip", DrillKind::verify);
    record.good(10);
  }
  CHECK(tree_of(folder.path()).size() == 1);
  const FailingRename disk_is_bad(std::string{history_name});
  DrillRecord record(folder.path(), folder / "a.zip", DrillKind::verify);
  record.good(10);
  CHECK(tree_of(folder.path()).size() == 1);
  remember_drill(folder / "nowhere", drill("a.zip", 1));
}

TEST_CASE("a drill is of an archive in the folder that stays what it is", "[history]") {
  const TempDir folder;
  const TempDir elsewhere;
  for (const TempDir* place : {&folder, &elsewhere}) write_text(*place / "a.zip", "0123456789");
  DrillRecord(folder.path(), elsewhere / "a.zip", DrillKind::verify).good(10);
  DrillRecord(folder.path(), folder / "none.zip", DrillKind::verify).good(10);
  DrillRecord changed(folder.path(), folder / "a.zip", DrillKind::verify);
  write_text(folder / "a.zip", "01234567890");
  changed.good(10);
  CHECK(History::read(folder.path()).drills().empty());

  const auto started = std::chrono::steady_clock::now();
  DrillRecord good(folder.path(), folder.path() / "." / "a.zip", DrillKind::restore);
  good.pause();
  std::this_thread::sleep_for(std::chrono::milliseconds{300});
  good.resume();
  good.good(10);
  const std::chrono::duration<double> whole = std::chrono::steady_clock::now() - started;
  const auto kept = History::read(folder.path()).of("a.zip", *identify_archive(folder / "a.zip"));
  REQUIRE(kept);
  CHECK(kept->kind == DrillKind::restore);
  CHECK(kept->bytes == 10);
  CHECK(kept->seconds <= whole.count() - 0.299);
}

TEST_CASE("of drills at once none damages the history", "[history]") {
  const TempDir folder;
  for (const char* name : {"a.zip", "b.zip"}) write_text(folder / name, "0123456789");
  {
    const Background one([&](int i) { remember_drill(folder.path(), drill("a.zip", i)); });
    const Background two([&](int i) { remember_drill(folder.path(), drill("b.zip", i)); });
    while (!stat_path(history_file(folder))) std::this_thread::yield();
    for (int i = 0; i < 200; ++i) {
      const std::size_t count = History::read(folder.path()).drills().size();
      REQUIRE((count == 1 || count == 2));
    }
  }
  CHECK(tree_of(folder.path()).size() == 3);
}
