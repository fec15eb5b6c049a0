// SPDX-License-Identifier: MIT
#include "a2a_backup/core/staging_dir.hpp"
#include "catch.hpp"
#include "support.hpp"

using namespace a2a_backup;
using namespace a2a_backup::test;
using Catch::Matchers::ContainsSubstring;

TEST_CASE("a staging folder is private and goes with all it holds", "[staging_dir]") {
  const TempDir dir;
  {
    const StagingDir first(dir.path());
    const StagingDir second(dir.path());
    CHECK(first.path() != second.path());
    CHECK(first.path().parent_path() == dir.path());
    CHECK(mode_of(first.path()) == 0700);
    write_text(first.path() / "deep/file", "x");
  }
  CHECK(tree_of(dir.path()).empty());
}

TEST_CASE("a staging folder that cannot be made is an error", "[staging_dir]") {
  const TempDir dir;
  const Error missing = error_of([&] { StagingDir staging(dir / "missing"); });
  CHECK(missing.kind() == ErrorKind::failed);
  CHECK_THAT(missing.message(), ContainsSubstring((dir / "missing").string()));
  fs::permissions(dir.path(), fs::perms{0555});
  const AsNobody nobody;
  const Error denied = error_of([&] { StagingDir staging(dir.path()); });
  CHECK(denied.kind() == ErrorKind::failed);
  CHECK_THAT(denied.hint(), ContainsSubstring("--backup-dir"));
}

TEST_CASE("what a dead run left is removed, what a living one holds is not", "[staging_dir]") {
  const TempDir dir;
  write_text(dir / ".a2a-backup-stage.dead01/file", "x");
  const StagingDir living(dir.path());
  write_text(living.path() / "file", "x");
  StagingDir::remove_stale(dir.path());
  CHECK(!fs::exists(dir / ".a2a-backup-stage.dead01"));
  CHECK(fs::exists(living.path() / "file"));
}

TEST_CASE("nothing but staging folders is taken for stale", "[staging_dir]") {
  const TempDir dir;
  write_text(dir / "elsewhere/file", "x");
  write_text(dir / ".a2a-backup-stage.file", "x");
  write_text(dir / "a2a_backup_20250711_011832.zip", "x");
  fs::create_directory_symlink("elsewhere", dir / ".a2a-backup-stage.link");
  const auto before = tree_of(dir.path());
  StagingDir::remove_stale(dir.path());
  StagingDir::remove_stale(dir / "missing");
  CHECK(tree_of(dir.path()) == before);
}
