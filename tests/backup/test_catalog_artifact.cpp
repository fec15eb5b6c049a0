// SPDX-License-Identifier: MIT
/// Zips around backups, as GitHub hands out artifacts.
#include "a2a_backup/backup/catalog.hpp"
#include "a2a_backup/store/local_store.hpp"
#include "backup/archives.hpp"
#include "catch.hpp"
#include "support.hpp"

using namespace a2a_backup;
using namespace a2a_backup::test;
using Catch::Matchers::ContainsSubstring;

namespace {

const std::string first = "a2a_backup_20250711_011832.zip";
const std::string second = "a2a_backup_20250712_011832.zip";

struct Fixture {
  Fixture() {
    write_backup(made / "1", "2025-07-11T01:18:32Z", {{"shared/tasks.json", "[1]"}});
    write_backup(made / "2", "2025-07-12T01:18:32Z", {{"shared/tasks.json", "[1, 2]"}});
  }
  std::string one() const { return read_text_file(made / "1"); }
  std::string two() const { return read_text_file(made / "2"); }
  SelectedBackup select(const std::optional<std::string>& pick = {},
                        const std::string& selector = "artifact") const {
    return select_backup(store, {selector, pick, scratch.path(), 1});
  }

  TempDir made;
  TempDir dir;
  TempDir scratch;
  LocalStore store{dir.path()};
};

std::string tasks_in(SelectedBackup& backup) {
  const auto reader = backup.file->open(*backup.file->find("shared/tasks.json"));
  return read_all(*reader);
}

}  // namespace

TEST_CASE("an artifact with one backup stands for that backup", "[catalog]") {
  const Fixture f;
  const std::string inner = GENERATE(as<std::string>{}, first, "backups/" + first);
  write_artifact(f.dir / "artifact.zip", {{inner, f.one()}, {"other.txt", "x"}});
  {
    SelectedBackup selected = f.select();
    CHECK(selected.name == first);
    CHECK(tasks_in(selected) == "[1]");
    CHECK(mode_of(selected.scratch->path()) == 0700);
  }
  CHECK(tree_of(f.scratch.path()).empty());
  const BackupInfo info = list_backups(f.store).at(0);
  CHECK(info.state == BackupState::artifact);
  CHECK(state_name(info.state) == "artifact");
  CHECK(info.wrapped == std::vector<std::string>{inner});
  CHECK(!info.usable());
}

TEST_CASE("of an artifact with several backups one must be picked", "[catalog]") {
  const Fixture f;
  write_artifact(f.dir / "artifact.zip", {{"a/" + first, f.one()}, {second, f.two()}});
  const Error error = error_of([&] { f.select(); });
  CHECK(error.kind() == ErrorKind::usage);
  CHECK_THAT(error.message(), ContainsSubstring("holds 2 backups"));
  CHECK_THAT(error.hint(), ContainsSubstring("--pick NAME: a/" + first + ", " + second));

  SelectedBackup by_last_part = f.select(first);
  CHECK(tasks_in(by_last_part) == "[1]");
  SelectedBackup by_path = f.select("a/" + first);
  CHECK(tasks_in(by_path) == "[1]");
  SelectedBackup other = f.select(second);
  CHECK(tasks_in(other) == "[1, 2]");
  CHECK(other.name == second);
  CHECK(error_of([&] { f.select("a2a_backup_none.zip"); }).kind() == ErrorKind::usage);
  CHECK(error_of([&] { f.select(""); }).kind() == ErrorKind::usage);
}

TEST_CASE("picking needs an artifact", "[catalog]") {
  const Fixture f;
  write_text(f.dir / first, f.one());
  const Error error = error_of([&] { f.select(first, "latest"); });
  CHECK(error.kind() == ErrorKind::usage);
  CHECK_THAT(error.hint(), ContainsSubstring("--pick"));
}

TEST_CASE("latest passes an artifact over", "[catalog]") {
  const Fixture f;
  write_text(f.dir / first, f.one());
  write_artifact(f.dir / "a2a_backup_20260101_000000.zip", {{second, f.two()}});
  CHECK(f.select({}, "latest").name == first);
}

TEST_CASE("a damaged backup in an artifact is damaged, and leaves nothing", "[catalog]") {
  const Fixture f;
  SECTION("inside") {
    write_artifact(f.dir / "artifact.zip", {{first, f.one().substr(0, 100)}});
  }
  SECTION("outside") {
    write_artifact(f.dir / "artifact.zip", {{first, f.one()}});
    flip_byte(f.dir / "artifact.zip", 100);
  }
  CHECK(error_of([&] { f.select(); }).kind() == ErrorKind::archive);
  CHECK(tree_of(f.scratch.path()).empty());
}

TEST_CASE("a zip of anything else is broken, not an artifact", "[catalog]") {
  const Fixture f;
  write_artifact(f.dir / "artifact.zip", {{"photo.zip", f.one()}, {"a2a_backup_1.txt", "x"}});
  CHECK(list_backups(f.store).at(0).state == BackupState::broken);
  CHECK_THAT(error_of([&] { f.select(); }).message(), ContainsSubstring("artifact.zip"));
}
