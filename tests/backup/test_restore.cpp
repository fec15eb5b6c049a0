// SPDX-License-Identifier: MIT
#include <SQLiteCpp/SQLiteCpp.h>

#include "a2a_backup/backup/restore.hpp"
#include "a2a_backup/backup/restore_journal.hpp"
#include "a2a_backup/backup/work_area.hpp"
#include "a2a_backup/core/file_lock.hpp"
#include "backup/restore_fixture.hpp"
#include "catch.hpp"

using namespace a2a_backup;
using namespace a2a_backup::test;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;

TEST_CASE("a restore brings back what was saved, to the byte and the row", "[restore]") {
  RestoreFixture f;
  const std::string journal_mode = GENERATE(as<std::string>{}, "DELETE", "WAL");
  f.change_everything();
  run_sql(f.database, "PRAGMA journal_mode=" + journal_mode);
  f.restore();
  CHECK(f.is_as_saved());
  CHECK(sql_text(f.database, "PRAGMA integrity_check") == "ok");
  CHECK(mode_of(f.root / history) == 0644);
}

TEST_CASE("the plan says what would happen, and nothing happens", "[restore]") {
  RestoreFixture f;
  run_sql(f.database,
          "INSERT INTO tasks VALUES(100,'new'),(101,'new'); DELETE FROM tasks WHERE id=1");
  write_text(f.root / history, history_json(5));
  fs::remove(f.root / agents);
  write_text(f.root / "shared/extra.json", "{}");
  const auto before = tree_of(f.root.path());
  {
    Restore restore(f.options());
    SelectedBackup backup = open_backup(f.backup);
    restore.stage(backup, no_progress());
    const RestorePlan& plan = restore.plan();
    CHECK(plan.what == "restore of " + f.backup.filename().string());
    CHECK(plan.changes_anything());
    CHECK(plan.kept == std::vector<std::string>{"shared/extra.json"});
    CHECK(plan.warnings.empty());
    REQUIRE(plan.files.size() == 3);
    CHECK(plan.files[0].entry == agents);
    CHECK(plan.files[0].action == PlannedAction::create);
    CHECK(plan.files[1].entry == history);
    CHECK(plan.files[1].action == PlannedAction::overwrite);
    CHECK(plan.files[1].lost_tasks == 2);
    CHECK(plan.files[1].live == f.root / history);
    CHECK(plan.files[2].action == PlannedAction::overwrite);
    CHECK(plan.files[2].lost_rows == std::map<std::string, std::uint64_t>{{"tasks", 2}});
  }
  CHECK(tree_of(f.root.path()) == before);
}

TEST_CASE("a system that is as it was saved is left alone", "[restore]") {
  RestoreFixture f;
  const auto before = tree_of(f.root.path());
  {
    Restore restore(f.options());
    SelectedBackup backup = open_backup(f.backup);
    restore.stage(backup, no_progress());
    CHECK(!restore.plan().changes_anything());
    CHECK(restore.commit(no_progress()).notes.empty());
  }
  CHECK(tree_of(f.root.path()) == before);
}

TEST_CASE("a restore that changes nothing leaves the undo of the one before", "[restore]") {
  RestoreFixture f;
  f.change_everything();
  const auto changed = f.live_state();
  f.restore();
  f.restore();
  f.undo();
  CHECK(f.live_state() == changed);
}

TEST_CASE("files that the backup does not have are kept", "[restore]") {
  RestoreFixture f;
  f.change_everything();
  write_text(f.root / "shared/extra.json", "{}");
  f.restore();
  CHECK(read_text_file(f.root / "shared/extra.json") == "{}");
  CHECK(f.is_as_saved());
}

TEST_CASE("an undo puts back what was, and its undo what was restored", "[restore]") {
  RestoreFixture f;
  f.change_everything();
  fs::remove(f.root / agents);
  const auto changed = f.live_state();
  f.restore();
  CHECK(f.is_as_saved());
  CHECK(f.undo() == "undo of the restore of " + f.backup.filename().string());
  CHECK(f.live_state() == changed);
  CHECK(!fs::exists(f.root / agents));
  CHECK(f.undo() == "undo of the undo of the restore of " + f.backup.filename().string());
  CHECK(f.is_as_saved());
  f.undo();
  CHECK(f.live_state() == changed);
}

TEST_CASE("without a restore there is nothing to undo", "[restore]") {
  RestoreFixture f;
  CHECK(error_of([&] { f.undo(); }).kind() == ErrorKind::not_found);
  CHECK(!fs::exists(f.root / ".a2a-backup"));
}

TEST_CASE("undo reaches back one restore, and keeps one copy", "[restore]") {
  RestoreFixture f;
  f.change_everything();
  f.restore();
  write_text(f.root / history, history_json(7));
  f.restore();
  int folders = 0;
  for (const auto& entry : fs::directory_iterator(f.root / ".a2a-backup")) {
    if (entry.path().filename().string().starts_with("undo-")) ++folders;
  }
  CHECK(folders == 1);
  CHECK(!fs::exists(f.root / ".a2a-backup/stage"));
  f.undo();
  CHECK(read_text_file(f.root / history) == history_json(7));
}

TEST_CASE("only what is wanted is restored", "[restore]") {
  RestoreFixture f;
  f.change_everything();
  const std::int64_t rows = sql_number(f.database, "SELECT count(*) FROM tasks");
  f.only = {"tasks.json"};
  f.restore();
  CHECK(read_text_file(f.root / history) == history_json(3));
  CHECK(read_text_file(f.root / agents) != agents_json(3));
  CHECK(sql_number(f.database, "SELECT count(*) FROM tasks") == rows);
  f.only = {"nothing"};
  CHECK(error_of([&] { f.restore(); }).kind() == ErrorKind::not_found);
}

TEST_CASE("an interrupted restore must be settled before another", "[restore]") {
  RestoreFixture f;
  prepare_work_area(root_work_area(f.root.path()));
  write_journal(f.root.path(), {});
  const auto before = tree_of(f.root.path());
  CHECK(error_of([&] { Restore restore(f.options()); }).kind() == ErrorKind::pending);
  CHECK(tree_of(f.root.path()) == before);
}

TEST_CASE("two restores at a time are one too many", "[restore]") {
  RestoreFixture f;
  const Restore first(f.options());
  CHECK(error_of([&] { Restore second(f.options()); }).kind() == ErrorKind::busy);
}

TEST_CASE("a damaged backup changes nothing", "[restore]") {
  RestoreFixture f;
  f.change_everything();
  flip_byte(f.backup, 100);
  const auto before = tree_of(f.root.path());
  CHECK(error_of([&] { f.restore(); }).kind() == ErrorKind::archive);
  CHECK(tree_of(f.root.path()) == before);
}

TEST_CASE("a database that stays locked is busy, and nothing is changed", "[restore]") {
  RestoreFixture f;
  f.change_everything();
  const auto before = tree_of(f.root.path());
  SQLite::Database app(f.database.string(), SQLite::OPEN_READWRITE);
  SECTION("from the start") {
    app.exec("BEGIN EXCLUSIVE");
    CHECK(error_of([&] { f.restore(); }).kind() == ErrorKind::busy);
  }
  SECTION("since the plan") {
    f.before_commit = [&] { app.exec("BEGIN IMMEDIATE"); };
    CHECK(error_of([&] { f.restore(); }).kind() == ErrorKind::busy);
  }
  app.exec("ROLLBACK");
  CHECK(tree_of(f.root.path()) == before);
  f.before_commit = {};
  CHECK_NOTHROW(f.restore());
}

TEST_CASE("a running application sees the restored rows and can go on", "[restore]") {
  RestoreFixture f;
  f.change_everything();
  run_sql(f.database, GENERATE(as<std::string>{}, "PRAGMA journal_mode=WAL", "VACUUM"));
  SQLite::Database app(f.database.string(), SQLite::OPEN_READWRITE, 2000);
  app.execAndGet("SELECT count(*) FROM tasks");
  f.restore();
  CHECK(app.execAndGet("SELECT count(*) FROM tasks").getInt() == 3);
  app.exec("INSERT INTO tasks VALUES(500,'after')");
  CHECK(sql_number(f.database, "SELECT count(*) FROM tasks") == 4);
}

TEST_CASE("a backup of version 1 is restored, with a warning", "[restore]") {
  RestoreFixture f;
  const TempDir dir;
  f.backup = dir / "old.zip";
  write_legacy_backup(f.backup, "2024-01-01T00:00:00", {{history, "[\"old\"]"}});
  f.restore();
  REQUIRE(f.warnings.size() == 1);
  CHECK_THAT(f.warnings[0], ContainsSubstring("version 1"));
  CHECK(read_text_file(f.root / history) == "[\"old\"]");
  CHECK(read_text_file(f.root / agents) == agents_json(3));
}

TEST_CASE("a PostgreSQL dump is not put into SQLite", "[restore]") {
  RestoreFixture f;
  const TempDir dir;
  f.backup = dir / "pg.zip";
  write_backup(f.backup, "2025-07-11T01:18:32Z",
               {{history, "[]"}, {"database/a2a_system.dump", "PGDMP"}});
  CHECK(error_of([&] { f.restore(); }).kind() == ErrorKind::refused);
  f.only = {"shared/*"};
  f.restore();
  CHECK(read_text_file(f.root / history) == "[]");
}

TEST_CASE("a root that is not there is refused, not made", "[restore]") {
  const TempDir dir;
  RestoreOptions options;
  options.root = dir / "none";
  CHECK(error_of([&] { Restore restore(options); }).kind() == ErrorKind::refused);
  CHECK(tree_of(dir.path()).empty());
}
