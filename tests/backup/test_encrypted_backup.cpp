// SPDX-License-Identifier: MIT
#include "a2a_backup/backup/catalog.hpp"
#include "a2a_backup/backup/create.hpp"
#include "a2a_backup/core/subprocess.hpp"
#include "a2a_backup/store/local_store.hpp"
#include "backup/archives.hpp"
#include "catch.hpp"
#include "support.hpp"

using namespace a2a_backup;
using namespace a2a_backup::test;
using Catch::Matchers::ContainsSubstring;

namespace {

struct Fixture {
  Fixture() {
    make_system(root.path());
    SubprocessOptions keygen;
    keygen.command = {"age-keygen"};
    const std::string key = run_program(std::move(keygen)).output;
    write_text(identity, key);
    fs::permissions(identity, fs::perms{0600});
    options.root = root.path();
    options.backup_dir = root / "backups";
    options.tmp_dir = dir / "tmp";
    fs::create_directory(*options.tmp_dir);
    const std::size_t start = key.find("age1");
    options.encrypt_to = {key.substr(start, key.find('\n', start) - start)};
  }
  SelectedBackup select(const std::vector<std::string>& identities,
                        Progress& opening = no_progress()) const {
    const LocalStore store(options.backup_dir);
    return select_backup(store, {"latest", {}, *options.tmp_dir, 1, identities, opening});
  }
  /// Files, under whatever name, that begin as a zip.
  std::vector<std::string> zips() const {
    std::vector<std::string> found;
    for (const fs::path& folder : {root.path(), dir.path()}) {
      for (const auto& [name, content] : tree_of(folder)) {
        if (content.starts_with("PK")) found.push_back(name);
      }
    }
    return found;
  }

  TempDir root;
  TempDir dir;
  fs::path identity = dir / "key";
  CreateOptions options;
  TestProgress progress;
};

}  // namespace

TEST_CASE("an encrypted backup is published, and its plain archive never has a name",
          "[create][encryption]") {
  Fixture f;
  std::string phases;
  std::vector<std::string> zips;
  f.progress.on_phase = [&](std::string_view phase) {
    phases += std::string(phase) + " ";
    for (const std::string& zip : f.zips()) zips.push_back(zip);
  };
  const CreateResult result = create_backup(f.options, f.progress);
  CHECK(phases == "snapshot compress prove encrypt decrypt ");
  CHECK(zips.empty());
  CHECK(f.zips().empty());
  CHECK(result.encrypted);
  CHECK(result.encryption_proven);
  CHECK(result.path.string().ends_with(".zip.age"));
  CHECK(mode_of(result.path) == 0600);
  CHECK(result.sha256 == digest_file(result.path).sha256);
  CHECK(fs::is_empty(*f.options.tmp_dir));

  TestProgress opening;
  SelectedBackup backup = f.select({f.identity}, opening);
  CHECK(backup.encrypted);
  CHECK(backup.stored_size == result.size);
  CHECK(opening.phases.at("decrypt") == result.size);
  CHECK(fs::is_empty(*f.options.tmp_dir));
  for (const ZipEntry& entry : backup.file->entries()) {
    CHECK(backup.file->check(entry, no_progress()).size == entry.size);
  }
}

TEST_CASE("an encrypted backup is listed without a key, and a second one gets a name of its own",
          "[catalog][encryption]") {
  Fixture f;
  const fs::path first = create_backup(f.options, f.progress).path;
  fs::copy_file(first, f.options.backup_dir / "a2a_backup_20250101_000000_2.zip.age");
  write_text(f.options.backup_dir / "a2a_backup_20250102_000000.zip.age", "rubbish");
  const std::vector<BackupInfo> backups = list_backups(LocalStore(f.options.backup_dir));
  REQUIRE(backups.size() == 3);
  CHECK(backups[0].state == BackupState::encrypted);
  CHECK(backups[0].usable());
  CHECK(!backups[0].metadata);
  CHECK(state_name(backups[0].state) == "encrypted");
  CHECK(backups[1].state == BackupState::broken);
  CHECK_THAT(backups[1].problem, ContainsSubstring("does not begin as age writes it"));
  CHECK(format_rfc3339(backups[2].time) == "2025-01-01T00:00:00.000000Z");
}

TEST_CASE("a backup that stays sealed says what is known of it", "[catalog][encryption]") {
  Fixture f;
  const CreateResult result = create_backup(f.options, f.progress);
  try {
    f.select({});
    FAIL("it was opened without a key");
  } catch (const SealedBackup& sealed) {
    CHECK(sealed.kind() == ErrorKind::key);
    CHECK(sealed.name() == result.path.filename());
    CHECK(sealed.size() == result.size);
    CHECK(result.metadata.timestamp - sealed.time() < std::chrono::seconds(1));
  }
  CHECK(fs::is_empty(*f.options.tmp_dir));
}

TEST_CASE("a recipient that is none is found before anything is done", "[create][encryption]") {
  Fixture f;
  f.options.encrypt_to.emplace_back("age1nobody");
  const auto before = tree_of(f.root.path());
  CHECK(error_of([&] { create_backup(f.options, f.progress); }).kind() == ErrorKind::usage);
  CHECK(tree_of(f.root.path()) == before);
  CHECK(f.progress.phases.empty());
}
