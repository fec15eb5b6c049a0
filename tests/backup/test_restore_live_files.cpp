// SPDX-License-Identifier: MIT
/// Restores into systems in which something is missing, broken or in an unusual place.
#include <SQLiteCpp/SQLiteCpp.h>

#include "backup/restore_fixture.hpp"
#include "catch.hpp"

using namespace a2a_backup;
using namespace a2a_backup::test;
using Catch::Matchers::ContainsSubstring;

namespace {

/// The live database with a log beside it that nobody has open.
void leave_stale_log(const fs::path& database) {
  const TempDir elsewhere;
  run_sql(database, "PRAGMA journal_mode=WAL");
  fs::copy_file(database, elsewhere / "x.db");
  SQLite::Database app((elsewhere / "x.db").string(), SQLite::OPEN_READWRITE);
  app.exec("PRAGMA wal_autocheckpoint=0; INSERT INTO tasks VALUES(900,'logged')");
  fs::copy_file(elsewhere / "x.db-wal", database.string() + "-wal");
}

}  // namespace

TEST_CASE("an empty root becomes a whole system, and an undo empties it", "[restore]") {
  RestoreFixture f;
  fs::remove_all(f.root / "shared");
  fs::remove_all(f.root / "database");
  const RestoreResult result = f.restore();
  CHECK(f.is_as_saved());
  CHECK(mode_of(f.root / history) == 0600);
  CHECK(mode_of(f.database) == 0600);
  REQUIRE(result.notes.size() == 1);
  CHECK_THAT(result.notes[0], ContainsSubstring("restart the application"));
  f.undo();
  CHECK(!fs::exists(f.root / history));
  CHECK(!fs::exists(f.root / agents));
  CHECK(!fs::exists(f.database));
  f.undo();
  CHECK(f.is_as_saved());
}

TEST_CASE("a broken live file does not stand in the way of its own restore", "[restore]") {
  RestoreFixture f;
  write_text(f.root / history, "[{\"cut");
  write_text(f.database, "no database at all, and of an odd length");
  write_text(f.database.string() + "-wal", "no log either");
  const auto broken = tree_of(f.root.path());
  Restore restore(f.options());
  SelectedBackup backup = open_backup(f.backup);
  restore.stage(backup, no_progress());
  for (const PlannedFile& file : restore.plan().files) {
    CHECK(file.live_unreadable == (file.entry != agents));
  }
  restore.commit(no_progress());
  CHECK(f.is_as_saved());
  CHECK(!fs::exists(f.database.string() + "-wal"));
}

TEST_CASE("an undo brings a broken database back with all that was beside it", "[restore]") {
  RestoreFixture f;
  write_text(f.database, "no database at all");
  write_text(f.database.string() + "-wal", "no log either");
  const auto broken = tree_of(f.root.path());
  f.restore();
  f.undo();
  CHECK(read_text_file(f.database) == "no database at all");
  CHECK(read_text_file(f.database.string() + "-wal") == "no log either");
  CHECK(read_text_file(f.root / history) == broken.at(history));
  f.undo();
  CHECK(f.is_as_saved());
}

TEST_CASE("a log that a dead application left is never replayed into the new rows", "[restore]") {
  RestoreFixture f;
  leave_stale_log(f.database);
  SECTION("beside its database") {
    f.restore();
    CHECK(f.is_as_saved());
    f.undo();
    CHECK(sql_number(f.database, "SELECT count(*) FROM tasks WHERE id=900") == 1);
  }
  SECTION("without its database") {
    fs::remove(f.database);
    f.restore();
    CHECK(f.is_as_saved());
    CHECK(sql_text(f.database, "PRAGMA integrity_check") == "ok");
  }
}

TEST_CASE("an empty database file is filled, and emptied by an undo", "[restore]") {
  RestoreFixture f;
  write_text(f.database, "");
  f.restore();
  CHECK(f.is_as_saved());
  f.undo();
  CHECK(sql_number(f.database, "SELECT count(*) FROM sqlite_master") == 0);
}

TEST_CASE("a restored file keeps the mode of the one it replaces", "[restore]") {
  RestoreFixture f;
  f.change_everything();
  fs::permissions(f.root / history, fs::perms{0640});
  f.restore();
  CHECK(mode_of(f.root / history) == 0640);
  f.undo();
  CHECK(mode_of(f.root / history) == 0640);
}

TEST_CASE("a link inside the system stays a link, and its file is restored", "[restore]") {
  RestoreFixture f;
  fs::create_directory(f.root / "data");
  fs::rename(f.root / history, f.root / "data/tasks.json");
  fs::create_symlink("../data/tasks.json", f.root / history);
  write_text(f.root / "data/tasks.json", history_json(8));
  f.restore();
  CHECK(fs::is_symlink(f.root / history));
  CHECK(read_text_file(f.root / "data/tasks.json") == history_json(3));
  f.undo();
  CHECK(read_text_file(f.root / "data/tasks.json") == history_json(8));
}

// Both are kept under the last part of their real names, in one folder.
TEST_CASE("two entries whose real files have one name are restored", "[restore]") {
  RestoreFixture f;
  write_text(f.root / "data/tasks.json", agents_json(8));
  fs::remove(f.root / agents);
  fs::create_symlink("../data/tasks.json", f.root / agents);
  write_text(f.root / history, history_json(8));
  REQUIRE_NOTHROW(f.restore());
  CHECK(f.is_as_saved());
}

TEST_CASE("a link out of the system is not followed", "[restore]") {
  RestoreFixture f;
  const TempDir outside;
  write_text(outside / "tasks.json", "[\"precious\"]");
  fs::remove(f.root / history);
  fs::create_symlink(outside / "tasks.json", f.root / history);
  const auto before = tree_of(f.root.path());
  CHECK(error_of([&] { f.restore(); }).kind() == ErrorKind::refused);
  CHECK(read_text_file(outside / "tasks.json") == "[\"precious\"]");
  CHECK(tree_of(f.root.path()) == before);
}

TEST_CASE("a database elsewhere is restored where it is", "[restore]") {
  RestoreFixture f;
  const bool memory = fs::is_directory("/dev/shm");
  const TempDir volume(memory ? fs::path("/dev/shm") : fs::temp_directory_path());
  make_database(volume / "x.db", 8);
  RestoreOptions options = f.options();
  options.database = (volume / "x.db").string();
  SECTION("open") {}
  SECTION("missing") {
    fs::remove(volume / "x.db");
  }
  {
    Restore restore(options);
    SelectedBackup backup = open_backup(f.backup);
    restore.stage(backup, no_progress());
    restore.commit(no_progress());
  }
  CHECK(sql_number(volume / "x.db", "SELECT count(*) FROM tasks") == 3);
  CHECK(!fs::exists(volume / ".a2a-backup/stage"));
}

TEST_CASE("the folder shared may be a link to another file system", "[restore]") {
  RestoreFixture f;
  const bool memory = fs::is_directory("/dev/shm");
  const TempDir volume(memory ? fs::path("/dev/shm") : fs::temp_directory_path());
  fs::remove_all(f.root / "shared");
  fs::create_directory_symlink(volume.path(), f.root / "shared");
  write_text(volume / "tasks.json", history_json(8));
  f.restore();
  CHECK(f.is_as_saved());
  CHECK(fs::is_symlink(f.root / "shared"));
  CHECK(read_text_file(volume / "tasks.json") == history_json(3));
  f.undo();
  CHECK(read_text_file(volume / "tasks.json") == history_json(8));
  CHECK(!fs::exists(volume / "agent_tasks.json"));
}

TEST_CASE("a file system without hard links is restored and undone as well", "[restore]") {
  RestoreFixture f;
  const NoHardLinks none;
  f.change_everything();
  const auto changed = f.live_state();
  f.restore();
  CHECK(f.is_as_saved());
  f.undo();
  CHECK(f.live_state() == changed);
  f.undo();
  CHECK(f.is_as_saved());
  CHECK(!fs::exists(f.root / ".a2a-backup/stage"));
}

TEST_CASE("a folder in the place of a file stops the restore before it changes anything",
          "[restore]") {
  RestoreFixture f;
  f.change_everything();
  SECTION("from the start") {
    fs::remove(f.root / history);
    write_text(f.root / history / "precious", "x");
  }
  SECTION("since the plan") {
    f.before_commit = [&] {
      fs::remove(f.root / history);
      write_text(f.root / history / "precious", "x");
    };
  }
  const std::string rows = f.live_state().at("rows");
  const Error error = error_of([&] { f.restore(); });
  CHECK(error.kind() == ErrorKind::failed);
  CHECK_THAT(error.message(), ContainsSubstring(history));
  CHECK(read_text_file(f.root / history / "precious") == "x");
  CHECK(f.live_state().at("rows") == rows);
  CHECK(!fs::exists(f.root / ".a2a-backup"));
}
