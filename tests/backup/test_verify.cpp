// SPDX-License-Identifier: MIT
#include "a2a_backup/backup/verify.hpp"
#include "backup/archives.hpp"
#include "catch.hpp"
#include "support.hpp"

using namespace a2a_backup;
using namespace a2a_backup::test;
using Catch::Matchers::ContainsSubstring;

namespace {

Verification verify(const fs::path& file, const fs::path& scratch) {
  SelectedBackup backup = open_backup(file);
  return verify_backup(backup, scratch, no_progress());
}

}  // namespace

TEST_CASE("a good backup is proven and counted", "[verify]") {
  const TempDir root;
  const TempDir scratch;
  make_system(root.path(), 25);
  const CreateResult made = back_up(root.path());
  const Verification result = verify(made.path, scratch.path());
  CHECK(result.name == made.path.filename());
  CHECK(result.entries == 3);
  CHECK(result.tasks == 25);
  CHECK(result.rows == 25);
  CHECK(result.has_database);
  CHECK(!result.legacy);
  CHECK(result.time == made.metadata.timestamp);
  std::uint64_t bytes = 0;
  for (const EntryRecord& entry : made.metadata.entries) bytes += entry.size;
  CHECK(result.bytes == bytes);
  CHECK(tree_of(scratch.path()).empty());
}

TEST_CASE("a backup without a database and one of version 1 are proven", "[verify]") {
  const TempDir dir;
  const TempDir scratch;
  write_legacy_backup(dir / "x.zip", "2025-07-11T01:18:32",
                      {{"shared/tasks.json", history_json(2)}});
  const Verification result = verify(dir / "x.zip", scratch.path());
  CHECK(result.legacy);
  CHECK(!result.has_database);
  CHECK(result.tasks == 2);
  CHECK(result.rows == 0);
}

TEST_CASE("any wrong byte of the data fails the proof, and nothing is left", "[verify]") {
  const TempDir root;
  const TempDir scratch;
  make_system(root.path(), 3);
  const fs::path file = back_up(root.path()).path;
  const std::string good = read_text_file(file);
  const ZipReader zip(open_random_access(file));
  for (const ZipEntry& entry : zip.entries()) {
    for (std::uint64_t i = 0; i < entry.compressed_size; i += 1 + entry.compressed_size / 30) {
      CAPTURE(entry.name, i);
      write_text(file, good);
      flip_byte(file, entry.data_offset + i);
      const Error error = error_of([&] { verify(file, scratch.path()); });
      REQUIRE(error.kind() == ErrorKind::archive);
      REQUIRE_THAT(error.message(), ContainsSubstring(file.string()));
    }
  }
  CHECK(tree_of(scratch.path()).empty());
  write_text(file, good);
  CHECK_NOTHROW(verify(file, scratch.path()));
}

TEST_CASE("a wrong byte elsewhere is found, or says nothing about the content", "[verify]") {
  const TempDir root;
  const TempDir scratch;
  make_system(root.path(), 3);
  const fs::path file = back_up(root.path()).path;
  const std::string good = read_text_file(file);
  for (std::size_t i = 0; i < good.size(); i += 1 + good.size() / 150) {
    CAPTURE(i);
    write_text(file, good);
    flip_byte(file, i);
    std::size_t entries = 3;
    const Error error = error_of([&] { entries = verify(file, scratch.path()).entries; });
    REQUIRE(entries == 3);
    REQUIRE((error.kind() == ErrorKind::archive || error.message() == "<nothing was thrown>"));
  }
}

TEST_CASE("a backup cut off or with something after it fails the proof", "[verify]") {
  const TempDir root;
  const TempDir scratch;
  make_system(root.path(), 3);
  const fs::path file = back_up(root.path()).path;
  const std::string good = read_text_file(file);
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{1}, good.size() / 2, good.size() - 1}) {
    write_text(file, good.substr(0, size));
    CHECK(error_of([&] { verify(file, scratch.path()); }).kind() == ErrorKind::archive);
  }
  write_text(file, good + "x");
  CHECK(error_of([&] { verify(file, scratch.path()); }).kind() == ErrorKind::archive);
}
