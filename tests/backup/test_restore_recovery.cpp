// SPDX-License-Identifier: MIT
/// Restores that fail or stop after their commit point.
#include "a2a_backup/backup/restore_engine.hpp"
#include "a2a_backup/backup/restore_recovery.hpp"
#include "a2a_backup/backup/work_area.hpp"
#include "backup/restore_fixture.hpp"
#include "catch.hpp"

using namespace a2a_backup;
using namespace a2a_backup::test;
using Catch::Matchers::ContainsSubstring;

namespace {

/// Lets a restore end, as by a power cut, when the database and one of two files are replaced.
void stop_half_way(RestoreFixture& f) {
  for (int call = 1; call < 30; ++call) {
    const auto before = f.live_state();
    REQUIRE(run_until_crash(call, [&] { f.restore(); }));
    if (!fs::exists(f.root / ".a2a-backup/journal")) continue;
    if (fs::exists(f.root / agents) && read_text_file(f.root / agents) == agents_json(3)) return;
    roll_back_restore(f.options());
    REQUIRE(f.live_state() == before);
  }
  FAIL("no restore stopped half-way");
}

}  // namespace

TEST_CASE("when a file cannot be replaced everything is put back", "[restore]") {
  RestoreFixture f;
  f.change_everything();
  const auto before = f.live_state();
  const std::string failing_name = GENERATE(as<std::string>{}, "shared/tasks.json",
                                            "shared/agent_tasks.json", "undo-1/manifest");
  CAPTURE(failing_name);
  {
    const FailingRename failing(failing_name);
    const Error error = error_of([&] { f.restore(); });
    CHECK(error.kind() == ErrorKind::rolled_back);
    CHECK_THAT(error.message(), ContainsSubstring("everything is as it was before"));
  }
  CHECK(f.live_state() == before);
  CHECK(!fs::exists(f.root / ".a2a-backup"));
  f.restore();
  CHECK(f.is_as_saved());
}

// A live file that was not replaced is only known as such by its second name.
TEST_CASE("a file that cannot be replaced needs not be put back, without hard links too",
          "[restore]") {
  RestoreFixture f;
  f.change_everything();
  const auto before = f.live_state();
  const NoHardLinks none;
  const FailingRename failing("shared/agent_tasks.json");
  CHECK(error_of([&] { f.restore(); }).kind() == ErrorKind::rolled_back);
  CHECK(f.live_state() == before);
}

TEST_CASE("what was staged is proven again before it takes a place", "[restore]") {
  RestoreFixture f;
  f.change_everything();
  const auto before = f.live_state();
  f.before_commit = [&] { write_text(f.root / ".a2a-backup/stage/tasks.json", "[\"forged\"]"); };
  const Error error = error_of([&] { f.restore(); });
  CHECK(error.kind() == ErrorKind::rolled_back);
  CHECK_THAT(error.message(), ContainsSubstring("changed since it was proven"));
  CHECK(f.live_state() == before);
}

TEST_CASE("a failed restore leaves the undo of the one before", "[restore]") {
  RestoreFixture f;
  f.change_everything();
  const auto first = f.live_state();
  f.restore();
  write_text(f.root / history, history_json(6));
  {
    const FailingRename failing(history);
    CHECK(error_of([&] { f.restore(); }).kind() == ErrorKind::rolled_back);
  }
  CHECK(read_text_file(f.root / history) == history_json(6));
  f.undo();
  CHECK(f.live_state() == first);
}

TEST_CASE("a journal that cannot be committed changes nothing", "[restore]") {
  RestoreFixture f;
  f.change_everything();
  const auto before = tree_of(f.root.path());
  const FailingRename failing(".a2a-backup/journal");
  CHECK(error_of([&] { f.restore(); }).kind() == ErrorKind::failed);
  CHECK(tree_of(f.root.path()) == before);
}

TEST_CASE("when even the way back fails the restore waits for a decision", "[restore]") {
  RestoreFixture f;
  f.change_everything();
  const auto before = f.live_state();
  {
    // The first file is replaced, the second is not, and then the first cannot be put back.
    const FailingRename failing("tasks.json", 1);
    const Error error = error_of([&] { f.restore(); });
    CHECK(error.kind() == ErrorKind::pending);
    CHECK_THAT(error.message(), ContainsSubstring("could not be taken back"));
    CHECK_THAT(error.hint(), ContainsSubstring("--resume") && ContainsSubstring("--rollback"));
  }
  CHECK(error_of([&] { f.restore(); }).kind() == ErrorKind::pending);
  CHECK(error_of([&] { f.undo(); }).kind() == ErrorKind::pending);
  SECTION("forward") {
    resume_restore(f.options());
    CHECK(f.is_as_saved());
  }
  SECTION("back") {
    roll_back_restore(f.options());
    CHECK(f.live_state() == before);
  }
}

TEST_CASE("a restore that stopped half-way is carried through", "[restore]") {
  RestoreFixture f;
  f.change_everything();
  const auto before = f.live_state();
  stop_half_way(f);
  CHECK(error_of([&] { f.restore(); }).kind() == ErrorKind::pending);
  resume_restore(f.options());
  CHECK(f.is_as_saved());
  CHECK(error_of([&] { resume_restore(f.options()); }).kind() == ErrorKind::not_found);
  f.undo();
  CHECK(f.live_state() == before);
}

TEST_CASE("a restore that stopped half-way is taken back", "[restore]") {
  RestoreFixture f;
  f.change_everything();
  fs::remove(f.root / agents);
  const auto before = f.live_state();
  stop_half_way(f);
  roll_back_restore(f.options());
  CHECK(f.live_state() == before);
  CHECK(!fs::exists(f.root / ".a2a-backup"));
  CHECK(error_of([&] { roll_back_restore(f.options()); }).kind() == ErrorKind::not_found);
  f.restore();
  CHECK(f.is_as_saved());
}

TEST_CASE("a restore can end before any of its steps and is old or new after", "[restore]") {
  const bool forward = GENERATE(true, false);
  const bool broken = GENERATE(true, false);
  CAPTURE(forward, broken);
  int crashes = 0;
  for (bool crashed = true; crashed; ++crashes) {
    RestoreFixture f;
    write_text(f.root / history, history_json(9));
    fs::remove(f.root / agents);
    if (broken) write_text(f.database, "no database at all");
    if (broken) write_text(f.database.string() + "-wal", "no log either");
    if (!broken) run_sql(f.database, "INSERT INTO tasks VALUES(100,'later')");
    const auto shared = tree_of(f.root / "shared");
    const std::string file = read_text_file(f.database);
    crashed = run_until_crash(crashes + 1, [&] { f.restore(); });
    CAPTURE(crashes);
    REQUIRE(crashes < 50);
    const bool waits = fs::exists(f.root / ".a2a-backup/journal");
    if (waits && forward) resume_restore(f.options());
    if (waits && !forward) roll_back_restore(f.options());
    if (waits ? forward : f.is_as_saved()) {
      REQUIRE(f.is_as_saved());
      REQUIRE(!fs::exists(f.database.string() + "-wal"));
    } else {
      REQUIRE(tree_of(f.root / "shared") == shared);
      if (broken) REQUIRE(read_text_file(f.database.string() + "-wal") == "no log either");
      if (broken) REQUIRE(read_text_file(f.database) == file);
      if (!broken) REQUIRE(sql_number(f.database, "SELECT count(*) FROM tasks") == 4);
    }
    f.restore();
    REQUIRE(f.is_as_saved());
  }
  CHECK(crashes > 5);
}

TEST_CASE("an undo can end before any of its steps and is carried through", "[restore]") {
  int crashes = 0;
  for (bool crashed = true; crashed; ++crashes) {
    RestoreFixture f;
    write_text(f.root / history, history_json(8));
    write_text(f.database, "no database at all");
    f.restore();
    crashed = run_until_crash(crashes + 1, [&] { f.undo(); });
    CAPTURE(crashes);
    REQUIRE(crashes < 50);
    if (fs::exists(f.root / ".a2a-backup/journal")) resume_restore(f.options());
    if (read_text_file(f.root / history) == history_json(3)) f.undo();
    REQUIRE(read_text_file(f.database) == "no database at all");
    REQUIRE(read_text_file(f.root / history) == history_json(8));
    f.undo();
    REQUIRE(f.is_as_saved());
  }
  CHECK(crashes > 5);
}

TEST_CASE("with a damaged journal nothing is resumed or rolled back", "[restore]") {
  RestoreFixture f;
  f.change_everything();
  stop_half_way(f);
  const fs::path journal = f.root / ".a2a-backup/journal";
  flip_byte(journal, fs::file_size(journal) / 2);
  const auto before = tree_of(f.root.path());
  CHECK(error_of([&] { resume_restore(f.options()); }).kind() == ErrorKind::failed);
  CHECK(error_of([&] { roll_back_restore(f.options()); }).kind() == ErrorKind::failed);
  CHECK(tree_of(f.root.path()) == before);
}

TEST_CASE("a damaged undo state stops the undo, and no new restore", "[restore]") {
  RestoreFixture f;
  f.change_everything();
  f.restore();
  write_text(f.root / ".a2a-backup/undo-1/manifest", "{}");
  CHECK(error_of([&] { f.undo(); }).kind() == ErrorKind::failed);
  CHECK(f.is_as_saved());
  f.change_everything();
  CHECK_NOTHROW(f.restore());
  CHECK(f.is_as_saved());
}

TEST_CASE("a kept copy that was lost is found before an undo changes anything", "[restore]") {
  RestoreFixture f;
  f.change_everything();
  f.restore();
  fs::remove(f.root / ".a2a-backup/undo-1/tasks.json");
  const auto before = tree_of(f.root.path());
  CHECK(error_of([&] { f.undo(); }).kind() == ErrorKind::failed);
  CHECK(tree_of(f.root.path()) == before);
}
