// SPDX-License-Identifier: MIT
#include "a2a_backup/backup/staged_backup.hpp"
#include "a2a_backup/core/digest.hpp"
#include "backup/archives.hpp"
#include "catch.hpp"
#include "support.hpp"

using namespace a2a_backup;
using namespace a2a_backup::test;
using Catch::Matchers::ContainsSubstring;

namespace {

const std::string tasks = "shared/tasks.json";
const std::string agents = "shared/agent_tasks.json";
const std::string database = "database/a2a_system.db";

struct Fixture {
  Fixture() {
    make_database(made / "x.db", 30);
    contents = {{tasks, history_json(4)},
                {agents, agents_json(2)},
                {database, read_text_file(made / "x.db")}};
  }
  void write(const std::function<void(Metadata&)>& change = {}) const {
    write_backup(dir / "b.zip", "2025-07-11T01:18:32Z", contents, change);
  }
  /// Opens the archive and stages it into `out`.
  std::vector<StagedFile> stage(StageOptions options = {}) {
    backup = open_backup(dir / "b.zip");
    options.place = [this](const std::string& entry) { return out / fs::path(entry).filename(); };
    return stage_backup(*backup.file, options, progress);
  }
  Error refusal() {
    const Error error = error_of([&] { stage(); });
    CHECK(error.kind() == ErrorKind::archive);
    CHECK_THAT(error.message(), ContainsSubstring((dir / "b.zip").string()));
    return error;
  }

  TempDir made;
  TempDir dir;
  TempDir out;
  TestProgress progress;
  Contents contents;
  SelectedBackup backup;
};

}  // namespace

TEST_CASE("a backup is taken out and proven", "[staged_backup]") {
  Fixture f;
  f.write();
  StageOptions options;
  options.want_marks = GENERATE(true, false);
  const std::vector<StagedFile> staged = f.stage(options);
  REQUIRE(staged.size() == 3);
  std::uint64_t total = 0;
  for (const StagedFile& file : staged) {
    CHECK((read_text_file(file.path) == f.contents.at(file.entry)));
    CHECK(file.digest.sha256 == sha256_hex(f.contents.at(file.entry)));
    CHECK(file.digest.size == f.contents.at(file.entry).size());
    CHECK(mode_of(file.path) == 0600);
    CHECK(file.database.has_value() == (file.entry == database));
    total += file.digest.size;
  }
  CHECK(staged[0].database->tables.at("tasks") == 30);
  CHECK(staged[1].summary.tasks.by_status.at("pending") == 2);
  CHECK(staged[2].summary.tasks.total == 4);
  CHECK(staged[2].summary.marks.size() == (options.want_marks ? 4U : 0U));
  CHECK(staged_size(*f.backup.file, {}) == total);
  CHECK(f.progress.phases[""] == total);
}

TEST_CASE("only what is wanted is taken out", "[staged_backup]") {
  Fixture f;
  f.write();
  StageOptions options;
  options.only = {"shared/*", "none"};
  CHECK(f.stage(options).size() == 2);
  CHECK(tree_of(f.out.path()).size() == 2);
  CHECK(staged_size(*f.backup.file, {"tasks.json"}) == f.contents.at(tasks).size());
  CHECK(staged_size(*f.backup.file, {"none"}) == 0);
  CHECK(is_sqlite_entry(database));
  CHECK(!is_sqlite_entry(tasks));
  CHECK(!is_sqlite_entry("database/a2a_system.dump"));
}

TEST_CASE("a wrong digest is damage", "[staged_backup]") {
  Fixture f;
  f.write([](Metadata& metadata) { metadata.entries[2].sha256 = sha256_hex("x"); });
  CHECK_THAT(f.refusal().message(), ContainsSubstring(tasks) && ContainsSubstring("SHA-256"));
}

TEST_CASE("content that is no JSON or no database is damage", "[staged_backup]") {
  Fixture f;
  SECTION("cut off") {
    f.contents[tasks].resize(40);
  }
  SECTION("wrong type") {
    f.contents[agents] = "[]";
  }
  SECTION("no database") {
    f.contents[database] = std::string(8192, 'x');
  }
  SECTION("a damaged page") {
    f.contents[database].replace(4096 + 20, 200, std::string(200, 'x'));
  }
  f.write();
  f.refusal();
}

TEST_CASE("counts that do not agree with the metadata are damage", "[staged_backup]") {
  Fixture f;
  SECTION("rows") {
    f.write([](Metadata& metadata) {
      metadata.database = DatabaseRecord{"sqlite", "", 4096, 3, 0, "delete", {{"tasks", 31}}};
    });
    CHECK_THAT(f.refusal().message(), ContainsSubstring("rows"));
  }
  SECTION("tasks") {
    f.write([](Metadata& metadata) { metadata.tasks = TaskCounts{5, {}, {}}; });
    CHECK_THAT(f.refusal().message(), ContainsSubstring("tasks that the metadata counted"));
  }
}

TEST_CASE("a metadata that does not list what is there is damage", "[staged_backup]") {
  Fixture f;
  SECTION("one too many") {
    f.write([](Metadata& metadata) {
      metadata.entries.push_back({"shared/more.json", "", 2, {}, sha256_hex("{}"), 0, {}});
    });
    CHECK_THAT(f.refusal().message(), ContainsSubstring("lacks shared/more.json"));
  }
  SECTION("one too few") {
    f.write([](Metadata& metadata) { metadata.entries.pop_back(); });
    CHECK_THAT(f.refusal().message(), ContainsSubstring("holds " + tasks));
  }
  SECTION("another size") {
    f.write([](Metadata& metadata) { ++metadata.entries[0].size; });
    CHECK_THAT(f.refusal().message(), ContainsSubstring("its metadata says"));
  }
  SECTION("a name that would reach a terminal") {
    f.write([](Metadata& metadata) { metadata.entries[0].path = "\x1b[2J"; });
    CHECK_THAT(f.refusal().message(), !ContainsSubstring("\x1b"));
  }
}

TEST_CASE("what is not a backup is refused when it is opened", "[staged_backup]") {
  Fixture f;
  SECTION("without metadata") {
    write_test_zip(f.dir / "b.zip", {}, tasks, [](const auto&) { return std::string("[]"); });
    CHECK_THAT(f.refusal().message(), ContainsSubstring("has no backup_metadata.json"));
  }
  SECTION("metadata that is no JSON") {
    write_test_zip(f.dir / "b.zip", f.contents, std::string(metadata_entry),
                   [](const auto&) { return std::string("{"); });
    CHECK_THAT(f.refusal().message(), ContainsSubstring("backup_metadata.json"));
  }
  SECTION("metadata that inflates to more than its limit") {
    write_test_zip(f.dir / "b.zip", f.contents, std::string(metadata_entry),
                   [](const auto&) { return std::string(max_metadata_size + 1, ' '); });
    CHECK_THAT(f.refusal().message(), ContainsSubstring("is too large"));
  }
}

TEST_CASE("a backup of version 1 is proven without digests", "[staged_backup]") {
  Fixture f;
  write_legacy_backup(f.dir / "b.zip", "2025-07-11T01:18:32.046675", f.contents);
  SECTION("good") {
    CHECK(f.stage().size() == 3);
  }
  SECTION("damaged") {
    flip_byte(f.dir / "b.zip", 100);  // in the first entry's data
    f.refusal();
  }
}

TEST_CASE("what is staged never replaces a file", "[staged_backup]") {
  Fixture f;
  f.write();
  write_text(f.out / "tasks.json", "precious");
  CHECK(error_of([&] { f.stage(); }).kind() == ErrorKind::failed);
  CHECK(read_text_file(f.out / "tasks.json") == "precious");
}
