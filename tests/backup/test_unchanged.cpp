// SPDX-License-Identifier: MIT
#include "../../src/backup/unchanged.hpp"
#include "archives.hpp"
#include "catch.hpp"
#include "store/memory_store.hpp"
#include "support.hpp"

namespace a2a_backup::test {
namespace {

struct System {
  System() {
    make_system(root.path());
    options.root = root.path();
    options.backup_dir = root / "backups";
    options.level = 1;
    options.if_changed = true;
  }
  CreateResult create() { return create_backup(options, progress); }

  TempDir root;
  CreateOptions options;
  TestProgress progress;
};

TEST_CASE("what the latest backup holds is not backed up again", "[unchanged]") {
  System system;
  const CreateResult first = system.create();
  CHECK(!first.unchanged);
  system.options.tags = {{"run", "second"}};
  const auto before = tree_of(system.root.path());
  const CreateResult second = system.create();
  CHECK(second.unchanged);
  CHECK(second.path == first.path);
  CHECK(second.size == first.size);
  CHECK(second.sha256 == first.sha256);
  CHECK(second.metadata.timestamp == first.metadata.timestamp);
  CHECK(second.metadata.warnings.size() == 1);
  CHECK(tree_of(system.root.path()) == before);
}

TEST_CASE("a row of equal length in the database is a change", "[unchanged]") {
  System system;
  system.create();
  const fs::path database = system.root / "database/a2a_system.db";
  const auto size = fs::file_size(database);
  run_sql(database, "UPDATE tasks SET title = upper(title)");
  REQUIRE(fs::file_size(database) == size);
  CHECK(!system.create().unchanged);
}

TEST_CASE("a backup on this machine is read back, one elsewhere is believed", "[unchanged]") {
  System system;
  const bool here = GENERATE(true, false);
  if (!here) {
    system.options.store = std::make_shared<MemoryStore>();
    system.options.backup_dir.clear();
  }
  const CreateResult first = system.create();
  std::uint64_t bytes = 0;
  for (const EntryRecord& entry : first.metadata.entries) bytes += entry.size;
  const CreateResult second = system.create();
  CHECK(second.unchanged);
  CHECK(second.sha256 == (here ? first.sha256 : ""));
  CHECK(second.path == first.path);
  CHECK(system.progress.phases["read back"] == (here ? bytes : 0));
}

TEST_CASE("unless it is asked for, every run makes a backup", "[unchanged]") {
  System system;
  const CreateResult first = system.create();
  system.options.if_changed = false;
  const CreateResult second = system.create();
  CHECK(!second.unchanged);
  CHECK(second.path != first.path);
}

/// A dump, which is made while it is read.
struct DumpSource : Source {
  std::string describe() const override { return "a dump"; }
  std::uint64_t content_size() const override { return 0; }
  std::uint64_t staging_size() const override { return 0; }
  void capture(const fs::path&, Progress&) override {}
  const std::vector<SourceEntry>& entries() const override { return entries_; }
  std::unique_ptr<Reader> open(const SourceEntry&) const override {
    throw Error(ErrorKind::source, "it was read");
  }
  void annotate(Metadata&) const override {}

  std::vector<SourceEntry> entries_{{std::string(postgresql_entry), "postgresql://x", {}, {}}};
};

TEST_CASE("a dump is not even made to be compared", "[unchanged]") {
  System system;
  const std::string name = "a2a_backup_20250711_010000.zip";
  write_backup(system.options.backup_dir / name, "2025-07-11T01:00:00Z",
               {{std::string(postgresql_entry), ""}});
  PreviousBackup previous(system.options.backups());
  std::vector<std::string> remarks;
  Sources sources;
  sources.push_back(std::make_unique<DumpSource>());
  CHECK(!find_unchanged({system.options, previous, system.progress, remarks}, sources));
  REQUIRE(remarks.size() == 1);
  CHECK_THAT(remarks.front(), Catch::Matchers::ContainsSubstring("another one each time"));
}

}  // namespace
}  // namespace a2a_backup::test
