// SPDX-License-Identifier: MIT
#include <SQLiteCpp/SQLiteCpp.h>

#include <optional>
#include <thread>

#include "a2a_backup/backup/catalog.hpp"
#include "a2a_backup/backup/create.hpp"
#include "a2a_backup/backup/restore_journal.hpp"
#include "a2a_backup/backup/verify.hpp"
#include "a2a_backup/backup/work_area.hpp"
#include "a2a_backup/core/digest.hpp"
#include "a2a_backup/core/file_lock.hpp"
#include "backup/archives.hpp"
#include "catch.hpp"
#include "store/memory_store.hpp"
#include "support.hpp"

using namespace a2a_backup;
using namespace a2a_backup::test;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;

namespace {

struct Fixture {
  Fixture() {
    make_system(root.path());
    options.root = root.path();
    options.backup_dir = root / "backups";
    options.level = 1;
    options.lock_timeout = 200ms;
  }
  CreateResult create() { return create_backup(options, progress); }
  /// A run, which must end well, beside which `others` do something.
  CreateResult create_beside(const std::function<void()>& others) {
    const std::jthread meanwhile(others);
    return create();
  }
  Error refusal() {
    return error_of([&] { create(); });
  }
  /// The Error of a run that must leave everything as it was.
  Error clean_refusal() {
    const auto before = tree_of(root.path());
    const Error error = refusal();
    CHECK(tree_of(root.path()) == before);
    return error;
  }

  /// Damages the archive between writing and proving it.
  std::function<void(std::string_view)> damage_archive(std::uint64_t offset) const {
    return [this, offset](std::string_view phase) {
      if (phase != "prove") return;
      for (const auto& entry : fs::recursive_directory_iterator(options.backup_dir)) {
        if (entry.path().filename() == "archive.zip") flip_byte(entry.path(), offset);
      }
    };
  }

  TempDir root;
  CreateOptions options;
  TestProgress progress;
};

}  // namespace

TEST_CASE("a backup holds the live data, and says so", "[create]") {
  Fixture f;
  f.options.tags = {{"reason", "test"}};
  f.options.jobs = GENERATE(1U, 3U);
  f.options.level = GENERATE(0, 6);
  const auto before = tree_of(f.root.path());
  const TimePoint started = now();
  const CreateResult result = f.create();

  auto after = tree_of(f.root.path());
  const std::string name = "backups/" + result.path.filename().string();
  CHECK(after.erase("backups") == 1);
  CHECK(after.erase(name) == 1);
  CHECK(after == before);
  CHECK(mode_of(result.path) == 0600);
  CHECK(mode_of(f.options.backup_dir) == 0700);
  CHECK(result.path == f.options.backup_dir /
                           ("a2a_backup_" + format_compact(result.metadata.timestamp) + ".zip"));
  CHECK(result.size == fs::file_size(result.path));
  CHECK(result.sha256 == digest_file(result.path).sha256);

  SelectedBackup backup = open_backup(result.path);
  const Metadata& metadata = backup.file->metadata();
  CHECK(metadata.version == "2.0");
  CHECK(metadata.timestamp >= started);
  CHECK(metadata.timestamp <= now());
  CHECK(metadata.capture_started >= started);
  CHECK(metadata.capture_finished >= metadata.capture_started);
  CHECK(metadata.capture_attempts >= 1);
  CHECK(metadata.files == std::vector<std::string>{"shared/agent_tasks.json", "shared/tasks.json",
                                                   "database/a2a_system.db"});
  CHECK(metadata.tags == f.options.tags);
  CHECK_THAT(metadata.tool, ContainsSubstring("a2a-backup "));
  CHECK(!metadata.host.empty());
  CHECK(metadata.warnings.empty());
  CHECK(metadata.tasks.value().total == 3);
  CHECK(metadata.database.value().tables.at("tasks") == 3);
  CHECK(metadata.entries.at(1).source == (f.root / "shared/tasks.json").string());
  CHECK(metadata.entries.at(1).sha256 == sha256_hex(history_json(3)));
  const auto reader = backup.file->open(*backup.file->find("shared/tasks.json"));
  CHECK(read_all(*reader) == history_json(3));
}

TEST_CASE("the observer hears of every phase and every byte", "[create]") {
  Fixture f;
  const CreateResult result = f.create();
  std::uint64_t bytes = 0;
  for (const EntryRecord& entry : result.metadata.entries) bytes += entry.size;
  CHECK(f.progress.phases ==
        std::map<std::string, std::uint64_t>{
            {"snapshot", bytes}, {"compress", bytes}, {"prove", fs::file_size(result.path)}});
  CHECK(f.progress.totals == f.progress.phases);
}

TEST_CASE("a second that is taken gets a suffix, and nothing is overwritten", "[create]") {
  Fixture f;
  const std::string taken = "somebody else's file";
  const TimePoint start = now();
  for (int second = 0; second < 60; ++second) {
    const std::string stem = "a2a_backup_" + format_compact(start + std::chrono::seconds(second));
    write_text(f.options.backup_dir / (stem + ".zip"), taken);
    write_text(f.options.backup_dir / (stem + "_2.zip"), taken);
  }
  const fs::path path = f.create().path;
  CHECK_THAT(path.filename().string(), ContainsSubstring("_3.zip"));
  for (const auto& [name, text] : tree_of(f.options.backup_dir)) {
    if (name != path.filename()) CHECK(text == taken);
  }
  CHECK_NOTHROW(open_backup(path));
}

TEST_CASE("what must be there and is not stops the backup", "[create]") {
  Fixture f;
  std::string words;
  SECTION("the history") {
    fs::remove(f.root / "shared/tasks.json");
    words = "shared/tasks.json is missing";
  }
  SECTION("the folder") {
    fs::remove_all(f.root / "shared");
    words = "there is no folder";
  }
  SECTION("the root") {
    f.options.root = f.root / "none";
    words = "there is no folder";
  }
  SECTION("a required file") {
    f.options.require = {"shared/other.json"};
    words = "shared/other.json is missing";
  }
  SECTION("a required database") {
    fs::remove(f.root / "database/a2a_system.db");
    f.options.require = {"database"};
    words = "there is no database";
  }
  SECTION("a named database") {
    f.options.database = "none.db";
    words = "named by --database, is missing";
  }
  const Error error = f.clean_refusal();
  CHECK(error.kind() == ErrorKind::source);
  CHECK_THAT(error.message(), ContainsSubstring(words));
  CHECK(!error.hint().empty());
}

TEST_CASE("without a database there is a backup with a warning, or none if wanted so", "[create]") {
  Fixture f;
  SECTION("missing") {
    fs::remove(f.root / "database/a2a_system.db");
    const CreateResult result = f.create();
    REQUIRE(result.metadata.warnings.size() == 1);
    CHECK_THAT(result.metadata.warnings[0], ContainsSubstring("JSON files only"));
    CHECK(!result.metadata.database.has_value());
  }
  SECTION("not wanted") {
    f.options.database = "none";
    const CreateResult result = f.create();
    CHECK(result.metadata.warnings.empty());
    CHECK(result.metadata.files.size() == 2);
  }
}

TEST_CASE("excluded files are left out, the history too", "[create]") {
  Fixture f;
  f.options.exclude = {"tasks.json"};
  fs::remove(f.root / "shared/tasks.json");
  CHECK(f.create().metadata.files ==
        std::vector<std::string>{"shared/agent_tasks.json", "database/a2a_system.db"});
}

TEST_CASE("bad data stops the backup and leaves nothing", "[create]") {
  Fixture f;
  SECTION("JSON") {
    write_text(f.root / "shared/tasks.json", "[{");
    set_age(f.root / "shared/tasks.json", 1h);
  }
  SECTION("database") {
    write_text(f.root / "database/a2a_system.db", std::string(9000, 'x'));
  }
  CHECK(f.clean_refusal().kind() == ErrorKind::source);
  fs::create_directory(f.options.backup_dir);
  CHECK(f.clean_refusal().kind() == ErrorKind::source);
}

TEST_CASE("a run that fails in any phase leaves nothing", "[create]") {
  Fixture f;
  const std::string phase = GENERATE(as<std::string>{}, "snapshot", "compress", "prove");
  f.options.jobs = GENERATE(1U, 3U);
  f.progress.on_phase = [&](std::string_view name) {
    if (name == phase) throw Error(ErrorKind::interrupted, "stopped in " + phase);
  };
  CHECK(f.clean_refusal().message() == "stopped in " + phase);
}

TEST_CASE("an archive that is not what was written is never published", "[create]") {
  Fixture f;
  f.options.jobs = GENERATE(1U, 3U);
  std::vector<std::uint64_t> offsets{0, 20};  // the first local header
  {
    const CreateResult whole = f.create();
    for (const ZipEntry& entry : open_backup(whole.path).file->entries()) {
      for (const std::uint64_t part : {std::uint64_t{0}, entry.compressed_size / 2}) {
        offsets.push_back(entry.data_offset + part);
      }
      offsets.push_back(entry.data_offset + entry.compressed_size - 1);
      offsets.push_back(entry.data_offset + entry.compressed_size + 20);  // the next header
    }
    offsets.push_back(offsets.back() + 300);  // the metadata
    fs::remove_all(f.options.backup_dir);
  }
  for (const std::uint64_t offset : offsets) {
    CAPTURE(offset);
    f.progress.on_phase = f.damage_archive(offset);
    const Error error = f.clean_refusal();
    // Not that of a reader, with its advice to choose an older backup.
    CHECK(error.kind() == ErrorKind::failed);
    CHECK_THAT(error.message(), ContainsSubstring("archive.zip"));
  }
}

TEST_CASE("a locked database and another run are waited for, then busy", "[create]") {
  Fixture f;
  SECTION("database") {
    SQLite::Database app((f.root / "database/a2a_system.db").string(), SQLite::OPEN_READWRITE);
    app.exec("BEGIN EXCLUSIVE");
    CHECK(f.refusal().kind() == ErrorKind::busy);
  }
  SECTION("a restore") {
    const FileLock lock(f.root.path(), FileLock::Mode::exclusive, 0ms);
    CHECK(f.refusal().kind() == ErrorKind::busy);
  }
  SECTION("a backup into the same folder") {
    fs::create_directory(f.options.backup_dir);
    const FileLock lock(f.options.backup_dir, FileLock::Mode::exclusive, 0ms);
    CHECK(f.refusal().kind() == ErrorKind::busy);
  }
  CHECK((!fs::exists(f.options.backup_dir) || fs::is_empty(f.options.backup_dir)));
}

TEST_CASE("a folder that another run works in is not taken away by the one that made it",
          "[create]") {
  Fixture f;
  f.options.lock_timeout = 1s;
  const FileLock restore(f.root.path(), FileLock::Mode::exclusive, 0ms);
  std::optional<FileLock> other;
  std::jthread meanwhile([&] {
    while (!fs::exists(f.options.backup_dir)) std::this_thread::sleep_for(1ms);
    other.emplace(f.options.backup_dir, FileLock::Mode::exclusive, 0ms);
  });
  const Error error = f.refusal();
  meanwhile.join();
  CHECK(error.kind() == ErrorKind::busy);
  CHECK(fs::exists(f.options.backup_dir));
}

TEST_CASE("a folder that is taken away while it is waited for is made again", "[create]") {
  Fixture f;
  f.options.lock_timeout = 20s;
  fs::create_directory(f.options.backup_dir);
  std::optional<FileLock> other(std::in_place, f.options.backup_dir, FileLock::Mode::exclusive,
                                0ms);
  const CreateResult result = f.create_beside([&] {
    std::this_thread::sleep_for(200ms);
    fs::remove(f.options.backup_dir);
    other.reset();
  });
  CHECK(fs::exists(result.path));
}

TEST_CASE("a folder that goes before its lock is asked for is made again", "[create]") {
  Fixture f;
  f.options.lock_timeout = 20s;
  std::optional<FileLock> restore(std::in_place, f.root.path(), FileLock::Mode::exclusive, 0ms);
  const CreateResult result = f.create_beside([&] {
    while (!fs::exists(f.options.backup_dir)) std::this_thread::sleep_for(1ms);
    fs::remove(f.options.backup_dir);
    restore.reset();
  });
  CHECK(fs::exists(result.path));
}

TEST_CASE("names of all kinds cost no backup, and the backup can be read", "[create]") {
  Fixture f;
  const std::string long_name(199, 'x');
  SECTION("an agent with a zero byte") {
    write_text(f.root / "shared/agent_tasks.json",
               R"({"a\u0000b":[{"id":"1","status":"pending"}]})");
  }
  SECTION("long ones that differ in one character where they are cut") {
    write_text(f.root / "shared/agent_tasks.json",
               "{\"" + long_name + "\u00e9\": [{\"status\": \"" + long_name + "\u00e9!\"}], \"" +
                   long_name + "\u0101\": [{\"status\": \"" + long_name + "\u0101!\"}]}");
  }
  SECTION("a table that is not UTF-8") {
    SQLite::Database database((f.root / "database/a2a_system.db").string(), SQLite::OPEN_READWRITE);
    database.exec("CREATE TABLE \"\xc3\x61\" (id); CREATE TABLE \"\xe3\x83\x9b\" (id)");
    database.exec("INSERT INTO \"\xc3\x61\" VALUES (1)");
  }
  set_age(f.root / "shared/agent_tasks.json", 1h);
  const CreateResult result = f.create();
  CHECK(result.metadata.warnings.empty());
  SelectedBackup backup = open_backup(result.path);
  const TempDir scratch;
  CHECK_NOTHROW(verify_backup(backup, scratch.path(), no_progress()));
  CHECK(backup.file->metadata().database.value().tables == result.metadata.database.value().tables);
  CHECK(backup.file->metadata().tasks.value() == result.metadata.tasks.value());
}

TEST_CASE("an interrupted restore must be settled before a backup", "[create]") {
  Fixture f;
  prepare_work_area(root_work_area(f.root.path()));
  write_journal(f.root.path(), {});
  CHECK(f.clean_refusal().kind() == ErrorKind::pending);
}

TEST_CASE("what a dead run left is cleared, and is not in the way", "[create]") {
  Fixture f;
  write_text(f.options.backup_dir / ".a2a-backup-stage.dead00/archive.zip", "half");
  f.create();
  CHECK(tree_of(f.options.backup_dir).size() == 1);
}

TEST_CASE("an output is a new file of that name, never an old one", "[create]") {
  Fixture f;
  const TempDir elsewhere;
  f.options.output = elsewhere / "mine.zip";
  const CreateResult result = f.create();
  CHECK(result.path == elsewhere / "mine.zip");
  CHECK(tree_of(elsewhere.path()).size() == 1);
  CHECK(!fs::exists(f.options.backup_dir));
  write_text(elsewhere / "mine.zip", "precious");
  const Error error = f.clean_refusal();
  CHECK(error.kind() == ErrorKind::failed);
  CHECK_THAT(error.message(), ContainsSubstring("never overwritten"));
  CHECK(tree_of(elsewhere.path()) == std::map<std::string, std::string>{{"mine.zip", "precious"}});
  f.options.output = elsewhere / "none/mine.zip";
  CHECK(f.clean_refusal().message() != "<nothing was thrown>");
}

TEST_CASE("the root itself may be the place of the archive", "[create]") {
  Fixture f;
  SECTION("as an output") {
    f.options.output = f.root / "mine.zip";
  }
  SECTION("as the backup folder") {
    f.options.backup_dir = f.root.path();
  }
  REQUIRE_NOTHROW(f.create());
}

TEST_CASE("live data is copied to the temporary folder that was named", "[create]") {
  Fixture f;
  const TempDir tmp;
  f.options.tmp_dir = tmp.path();
  bool seen = false;
  f.progress.on_phase = [&](std::string_view name) {
    if (name == "compress") seen = !tree_of(tmp.path()).empty();
  };
  f.create();
  CHECK(seen);
  CHECK(tree_of(tmp.path()).empty());
}

TEST_CASE("a delivered archive is whole, and gone afterwards", "[create]") {
  Fixture f;
  std::string delivered;
  f.options.deliver = [&](const fs::path& archive) {
    open_backup(archive);
    delivered = digest_file(archive).sha256;
  };
  const CreateResult result = f.create();
  CHECK(result.path.empty());
  CHECK(result.sha256 == delivered);
  CHECK(!fs::exists(f.options.backup_dir));
  f.options.deliver = [](const fs::path&) { throw Error(ErrorKind::failed, "the pipe broke"); };
  CHECK(f.clean_refusal().message() == "the pipe broke");
}

TEST_CASE("a dry run reads nothing and writes nothing", "[create]") {
  Fixture f;
  f.options.dry_run = true;
  const auto before = tree_of(f.root.path());
  const CreateResult result = f.create();
  CHECK(tree_of(f.root.path()) == before);
  CHECK(result.path.empty());
  CHECK(result.metadata.files.size() == 2);
  CHECK(result.size >= fs::file_size(f.root / "database/a2a_system.db"));
}

TEST_CASE("a file system without hard links takes backups as well", "[create]") {
  Fixture f;
  const NoHardLinks none;
  const fs::path first = f.create().path;
  CHECK(mode_of(first) == 0600);
  CHECK_NOTHROW(open_backup(first));
  CHECK(tree_of(f.options.backup_dir).size() == 1);
}

TEST_CASE("what the backup before has compressed is taken over", "[create]") {
  Fixture f;
  f.options.jobs = GENERATE(1U, 3U);
  const CreateResult first = f.create();
  const CreateResult second = f.create();
  CHECK(second.metadata.warnings.empty());
  CHECK(second.taken_over == f.progress.totals["compress"]);
  CHECK(first.taken_over == 0);
  for (std::size_t i = 0; i < first.metadata.entries.size(); ++i) {
    CHECK(second.metadata.entries[i].sha256 == first.metadata.entries[i].sha256);
    CHECK(second.metadata.entries[i].chunks == first.metadata.entries[i].chunks);
  }
}

TEST_CASE("what changed is compressed anew, and so is all at another level", "[create]") {
  Fixture f;
  f.create();
  SECTION("a file") {
    write_text(f.root / "shared/tasks.json", history_json(4));
    set_age(f.root / "shared/tasks.json", 1h);
    const CreateResult result = f.create();
    CHECK(result.taken_over == f.progress.totals["compress"] - history_json(4).size());
  }
  SECTION("the level") {
    f.options.level = 6;
    CHECK(f.create().taken_over == 0);
  }
  SECTION("nothing is compressed") {
    f.options.level = 0;
    f.create();
    CHECK(f.create().taken_over == 0);
  }
}

TEST_CASE("damage is not taken over: what it hit is compressed anew", "[create]") {
  Fixture f;
  const CreateResult first = f.create();
  flip_byte(first.path, 100);
  const CreateResult second = f.create();
  const std::uint64_t hit = first.metadata.entries.front().size;
  CHECK(second.taken_over == f.progress.totals["compress"] - hit);
  REQUIRE(second.metadata.warnings.size() == 1);
  CHECK_THAT(second.metadata.warnings.front(),
             ContainsSubstring(first.path.filename().string() + " does not hold what it lists, so "
                                                                "1 chunk"));
  CHECK(open_backup(second.path).file->metadata().warnings.empty());
  const CreateResult third = f.create();
  CHECK(third.metadata.warnings.empty());
  CHECK(third.taken_over == f.progress.totals["compress"]);
}

TEST_CASE("a store elsewhere is not asked for chunks to take over", "[create]") {
  struct CountingStore : MemoryStore {
    std::vector<StoredFile> list(std::string_view prefix) const override {
      ++lists;
      return MemoryStore::list(prefix);
    }
    mutable int lists = 0;
  };
  Fixture f;
  const auto store = std::make_shared<CountingStore>();
  f.options.store = store;
  f.options.backup_dir.clear();
  f.options.max_shrink = 100;
  f.create();
  CHECK(f.create().taken_over == 0);
  CHECK(store->lists == 0);
}
