// SPDX-License-Identifier: MIT
#include "../../src/backup/shrink_gate.hpp"
#include "archives.hpp"
#include "catch.hpp"
#include "support.hpp"

namespace a2a_backup::test {
namespace {

using Catch::Matchers::ContainsSubstring;

TEST_CASE("a loss is suspicious when it is large in percent and in number", "[shrink]") {
  CHECK(is_suspicious_loss(100, 49, 50));
  CHECK(!is_suspicious_loss(100, 50, 50));
  CHECK(!is_suspicious_loss(100, 200, 50));
  CHECK(is_suspicious_loss(100, 79, 20));
  CHECK(!is_suspicious_loss(100, 0, 100));
}

TEST_CASE("small numbers do not cry wolf, but all of five is something", "[shrink]") {
  CHECK(!is_suspicious_loss(3, 1, 50));
  CHECK(!is_suspicious_loss(10, 1, 50));
  CHECK(is_suspicious_loss(11, 1, 50));
  CHECK(!is_suspicious_loss(4, 0, 50));
  CHECK(is_suspicious_loss(5, 0, 50));
  CHECK(is_suspicious_loss(1'000'000'000'000'000'000, 1, 50));
}

/// A backup folder with one backup of this much, and a capture of that much.
struct Systems {
  TempDir dir;
  CreateOptions options;
  Metadata fresh;

  explicit Systems(std::uint64_t tasks, std::uint64_t agent_tasks, std::uint64_t rows) {
    options.backup_dir = dir.path();
    write_backup(dir / "a2a_backup_20250711_010000.zip", "2025-07-11T01:00:00Z",
                 {{"shared/tasks.json", "[]"}}, [&](Metadata& metadata) {
                   metadata.tasks = TaskCounts{tasks, {{"pending", agent_tasks}}, {}};
                   metadata.database = DatabaseRecord{};
                   metadata.database->engine = "sqlite";
                   metadata.database->tables = {{"tasks", rows / 2}, {"logs", rows - rows / 2}};
                   fresh.tasks = metadata.tasks;
                   fresh.database = metadata.database;
                 });
  }
  void check() const {
    PreviousBackup previous(options.backups());
    check_shrink(options, fresh, previous);
  }
  Error error() const {
    return error_of([this] { check(); });
  }
};

TEST_CASE("each count is compared with the newest good backup", "[shrink]") {
  Systems systems(100, 80, 1000);
  CHECK_NOTHROW(systems.check());
  SECTION("tasks") {
    systems.fresh.tasks->total = 40;
    const Error error = systems.error();
    CHECK(error.kind() == ErrorKind::refused);
    CHECK_THAT(error.message(), ContainsSubstring("there are 40 tasks") &&
                                    ContainsSubstring("a2a_backup_20250711_010000.zip holds 100"));
    CHECK_THAT(error.hint(), ContainsSubstring("--max-shrink 100"));
    systems.options.exclude = {"tasks.json"};
    CHECK_NOTHROW(systems.check());
  }
  SECTION("tasks of agents") {
    systems.fresh.tasks->by_status = {{"done", 10}};
    CHECK(systems.error().kind() == ErrorKind::refused);
  }
  SECTION("rows of the table tasks, though others grew") {
    systems.fresh.database->tables = {{"tasks", 0}, {"logs", 5000}};
    CHECK_THAT(systems.error().message(), ContainsSubstring("0 rows in the table tasks"));
  }
  SECTION("a database that is gone, unless nobody wants one") {
    systems.fresh.database.reset();
    CHECK_THAT(systems.error().message(), ContainsSubstring("0 rows in the database"));
    systems.options.database = "none";
    CHECK_NOTHROW(systems.check());
  }
  SECTION("another limit") {
    systems.fresh.tasks->total = 40;
    systems.options.max_shrink = 60;
    CHECK_NOTHROW(systems.check());
  }
}

TEST_CASE("without a good backup there is nothing to compare with", "[shrink]") {
  const TempDir dir;
  CreateOptions options;
  options.backup_dir = dir / "none";
  PreviousBackup none(options.backups());
  CHECK_NOTHROW(check_shrink(options, {}, none));
  options.backup_dir = dir.path();
  write_text(dir / "a2a_backup_20250711_010000.zip", "broken");
  PreviousBackup broken(options.backups());
  CHECK_NOTHROW(check_shrink(options, {}, broken));
}

}  // namespace
}  // namespace a2a_backup::test
