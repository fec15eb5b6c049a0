// SPDX-License-Identifier: MIT
#include "a2a_backup/backup/catalog.hpp"
#include "a2a_backup/store/local_store.hpp"
#include "backup/archives.hpp"
#include "catch.hpp"
#include "store/memory_store.hpp"
#include "support.hpp"

using namespace a2a_backup;
using namespace a2a_backup::test;
using Catch::Matchers::ContainsSubstring;

namespace {

const Contents small{{"shared/tasks.json", "[]"}};

/// Three good backups, one of version 1 between them, and two broken ones that are newer.
struct Fixture {
  Fixture() {
    add("a2a_backup_20250711_011832.zip", "2025-07-11T01:18:32.046675Z");
    add("a2a_backup_20250712_011832.zip", "2025-07-12T01:18:32.5Z");
    add("a2a_backup_20250713_235959.zip", "2025-07-13T23:59:59.999999Z");
    write_legacy_backup(dir / "a2a_backup_20250712_120000.zip", "2025-07-12T12:00:00", small);
    write_text(dir / "a2a_backup_20250714_000000.zip", "no zip at all");
    write_backup(dir / "a2a_backup_20250715_000000.zip", "2025-07-15T00:00:00Z", small);
    fs::resize_file(dir / "a2a_backup_20250715_000000.zip", 200);
    write_text(dir / "notes.txt", "not a backup");
  }
  void add(const std::string& name, const std::string& time) const {
    write_backup(dir / name, time, small);
  }
  std::string select(const std::string& selector) const {
    return select_backup(store, {selector, {}, scratch.path(), 1}).name;
  }
  Error refusal(const std::string& selector) const {
    return error_of([&] { select(selector); });
  }

  TempDir dir;
  TempDir scratch;
  LocalStore store{dir.path()};
};

}  // namespace

TEST_CASE("every zip is listed, newest first, broken ones too", "[catalog]") {
  const Fixture f;
  const std::vector<BackupInfo> backups = list_backups(f.store);
  std::string listing;
  for (const BackupInfo& backup : backups) {
    listing += backup.name.substr(11, 15) + " " + std::string(state_name(backup.state)) + "\n";
    CHECK(backup.size == fs::file_size(f.dir / backup.name));
    CHECK(backup.usable() == backup.metadata.has_value());
    CHECK(backup.problem.empty() == backup.usable());
  }
  CHECK(listing ==
        "20250715_000000 broken\n20250714_000000 broken\n20250713_235959 ok\n"
        "20250712_120000 legacy\n20250712_011832 ok\n20250711_011832 ok\n");
  CHECK(format_rfc3339(backups[1].time) == "2025-07-14T00:00:00.000000Z");
  CHECK(format_rfc3339(backups[5].time) == "2025-07-11T01:18:32.046675Z");
}

TEST_CASE("a time comes from the metadata, else from the name, else it is 1970", "[catalog]") {
  const TempDir dir;
  write_backup(dir / "renamed.zip", "2024-01-01T00:00:00Z", small);
  write_text(dir / "a2a_backup_20240102_030405_2.zip", "broken");
  write_text(dir / "a2a_backup_99999999_999999.zip", "broken");
  write_text(dir / "a2a_backup_x.zip", "broken");
  std::map<std::string, std::string> times;
  for (const BackupInfo& backup : list_backups(LocalStore(dir.path()))) {
    times[backup.name] = format_compact(backup.time);
  }
  CHECK(times ==
        std::map<std::string, std::string>{{"renamed.zip", "20240101_000000"},
                                           {"a2a_backup_20240102_030405_2.zip", "20240102_030405"},
                                           {"a2a_backup_99999999_999999.zip", "19700101_000000"},
                                           {"a2a_backup_x.zip", "19700101_000000"}});
}

TEST_CASE("a store without backups is an empty list", "[catalog]") {
  const TempDir dir;
  CHECK(list_backups(LocalStore(dir / "none")).empty());
  CHECK(list_backups(MemoryStore()).empty());
  const Error error = error_of([&] { select_backup(LocalStore(dir.path()), {}); });
  CHECK(error.kind() == ErrorKind::not_found);
  CHECK_THAT(error.message(), ContainsSubstring("no backups in " + dir.path().string()));
  CHECK_THAT(error.hint(), ContainsSubstring("a2a-backup create"));
}

TEST_CASE("latest counts usable backups only", "[catalog]") {
  const Fixture f;
  CHECK(f.select("latest") == "a2a_backup_20250713_235959.zip");
  CHECK(f.select("latest~0") == "a2a_backup_20250713_235959.zip");
  CHECK(f.select("latest~1") == "a2a_backup_20250712_120000.zip");
  CHECK(f.select("latest~3") == "a2a_backup_20250711_011832.zip");
  for (const char* selector : {"latest~4", "latest~99999999999999999999", "latest~", "latest~-1",
                               "latest~1x", "latest~ 1", "Latest", "latest1"}) {
    CAPTURE(selector);
    const Error error = f.refusal(selector);
    CHECK(error.kind() == ErrorKind::not_found);
    CHECK_THAT(error.message(), ContainsSubstring(selector));
  }
}

TEST_CASE("a backup is found by its name or a beginning that only it has", "[catalog]") {
  const Fixture f;
  CHECK(f.select("a2a_backup_20250711_011832.zip") == "a2a_backup_20250711_011832.zip");
  CHECK(f.select("a2a_backup_20250711_011832") == "a2a_backup_20250711_011832.zip");
  CHECK(f.select("a2a_backup_20250711") == "a2a_backup_20250711_011832.zip");
  CHECK(f.select("20250711") == "a2a_backup_20250711_011832.zip");
  CHECK(f.select("20250712_01") == "a2a_backup_20250712_011832.zip");
  const Error error = f.refusal("20250712");
  CHECK(error.kind() == ErrorKind::not_found);
  CHECK_THAT(error.message(), ContainsSubstring("means 2 backups") &&
                                  ContainsSubstring("20250712_011832.zip") &&
                                  ContainsSubstring("20250712_120000.zip"));
}

TEST_CASE("a whole name wins over longer names that begin with it", "[catalog]") {
  const Fixture f;
  f.add("a2a_backup_20250711_011832_2.zip", "2025-07-11T01:18:32.9Z");
  CHECK(f.select("a2a_backup_20250711_011832") == "a2a_backup_20250711_011832.zip");
  CHECK(f.select("a2a_backup_20250711_011832_2") == "a2a_backup_20250711_011832_2.zip");
  CHECK(f.refusal("20250711").kind() == ErrorKind::not_found);
}

// Only the name with its prefix is looked for as a whole.
TEST_CASE("a whole name without its prefix wins as well", "[catalog]") {
  const Fixture f;
  f.add("a2a_backup_20250711_011832_2.zip", "2025-07-11T01:18:32.9Z");
  CHECK(f.select("20250711_011832") == "a2a_backup_20250711_011832.zip");
}

TEST_CASE("a date means the newest backup until its end", "[catalog]") {
  const Fixture f;
  CHECK(f.select("2025-07-11") == "a2a_backup_20250711_011832.zip");
  CHECK(f.select("2025-07-12") == "a2a_backup_20250712_120000.zip");
  CHECK(f.select("2025-07-13") == "a2a_backup_20250713_235959.zip");
  CHECK(f.select("2030-01-01") == "a2a_backup_20250713_235959.zip");
  CHECK(f.refusal("2025-07-10").kind() == ErrorKind::not_found);
}

TEST_CASE("a time means the newest backup until then, in the precision given", "[catalog]") {
  const Fixture f;
  CHECK(f.select("2025-07-12T01:18") == "a2a_backup_20250712_011832.zip");
  CHECK(f.select("2025-07-12 01:18:32") == "a2a_backup_20250712_011832.zip");
  CHECK(f.select("2025-07-12T01:18:31Z") == "a2a_backup_20250711_011832.zip");
  CHECK(f.select("2025-07-12T01:17") == "a2a_backup_20250711_011832.zip");
  CHECK(f.select("2025-07-12T14:00:00+02:00") == "a2a_backup_20250712_120000.zip");
  CHECK(f.refusal("2025-07-11T01:18:31").kind() == ErrorKind::not_found);
  CHECK(f.refusal("2025-07-11T01:61").kind() == ErrorKind::not_found);
}

// The precision is told by the length of the selector, and "Z" makes it longer.
TEST_CASE("a minute in UTC is the same minute", "[catalog]") {
  const Fixture f;
  CHECK(f.select("2025-07-12T01:18Z") == "a2a_backup_20250712_011832.zip");
}

// Almost a second is added to a time that has its own fraction.
TEST_CASE("a time to the microsecond never selects a later backup", "[catalog]") {
  const Fixture f;
  f.add("a2a_backup_20250711_011832_2.zip", "2025-07-11T01:18:32.9Z");
  CHECK(f.select("2025-07-11T01:18:32.046675Z") == "a2a_backup_20250711_011832.zip");
}

TEST_CASE("a local file is taken as it is named", "[catalog]") {
  const Fixture f;
  const TempDir elsewhere;
  write_backup(elsewhere / "mine.zip", "2020-01-01T00:00:00Z", small);
  const SelectedBackup selected =
      select_backup(f.store, {(elsewhere / "mine.zip").string(), {}, f.scratch.path(), 1});
  CHECK(selected.name == "mine.zip");
  CHECK(selected.file->name() == (elsewhere / "mine.zip").string());
  CHECK(f.refusal(elsewhere.path().string()).kind() == ErrorKind::not_found);
  CHECK(f.refusal((elsewhere / "none.zip").string()).kind() == ErrorKind::not_found);
}

TEST_CASE("a broken backup that is named is an error, never another backup", "[catalog]") {
  const Fixture f;
  const Error error = f.refusal("20250714");
  CHECK(error.kind() == ErrorKind::archive);
  CHECK_THAT(error.message(), ContainsSubstring("a2a_backup_20250714_000000.zip"));
  CHECK(f.refusal("a2a_backup_20250715_000000.zip").kind() == ErrorKind::archive);
}

TEST_CASE("nothing is selected by nothing or by odd words", "[catalog]") {
  const Fixture f;
  for (const char* selector : {"", "nothing", "notes.txt", "../secret", ".zip", "*"}) {
    CAPTURE(selector);
    CHECK(f.refusal(selector).kind() == ErrorKind::not_found);
  }
  CHECK_THAT(f.refusal("a\x1b[2J").message(), !ContainsSubstring("\x1b"));
}

TEST_CASE("backups in any store are listed and selected", "[catalog]") {
  const Fixture f;
  MemoryStore store;
  for (const BackupInfo& info : list_backups(f.store)) store.put(f.dir / info.name, info.name);
  CHECK(list_backups(store).size() == 6);
  CHECK(select_backup(store, {"2025-07-12", {}, f.scratch.path(), 1}).name ==
        "a2a_backup_20250712_120000.zip");
}
