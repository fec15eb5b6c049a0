// SPDX-License-Identifier: MIT
#include <sys/stat.h>

#include "a2a_backup/store/local_store.hpp"
#include "catch.hpp"
#include "store/memory_store.hpp"
#include "store/store_contract.hpp"
#include "support.hpp"

using namespace a2a_backup;
using namespace a2a_backup::test;
using Catch::Matchers::ContainsSubstring;

namespace {

dev_t device_of(const fs::path& path) {
  return stat_path(path)->st_dev;
}

}  // namespace

TEST_CASE("MemoryStore keeps the contract of a store", "[store]") {
  MemoryStore store;
  check_store_contract(store);
}

TEST_CASE("LocalStore keeps the contract of a store", "[store]") {
  const TempDir dir;
  LocalStore store(dir.path());
  check_store_contract(store);
}

TEST_CASE("LocalStore keeps the contract without hard links", "[store]") {
  const TempDir dir;
  const NoHardLinks none;
  LocalStore store(dir.path());
  check_store_contract(store);
}

TEST_CASE("LocalStore keeps the contract across file systems", "[store]") {
  const TempDir usual;
  if (!fs::is_directory("/dev/shm") || device_of("/dev/shm") == device_of(usual.path())) return;
  const TempDir dir("/dev/shm");
  LocalStore store(dir.path());
  check_store_contract(store);
}

TEST_CASE("a local store leaves nothing but the file, which is private", "[store]") {
  const TempDir dir;
  const TempDir local;
  write_text(local / "file", "x");
  LocalStore store(dir.path());
  std::optional<NoHardLinks> none;
  const bool links = GENERATE(true, false);
  CAPTURE(links);
  if (!links) none.emplace();
  fs::permissions(local / "file", fs::perms{0600});
  CHECK(store.put(local / "file", "a.zip"));
  CHECK(!store.put(local / "file", "a.zip"));
  CHECK(tree_of(dir.path()) == std::map<std::string, std::string>{{"a.zip", "x"}});
  CHECK(mode_of(dir / "a.zip") == 0600);
}

TEST_CASE("a folder is a store as soon as there is one", "[store]") {
  const TempDir dir;
  LocalStore store(dir / "backups");
  CHECK(store.location() == (dir / "backups").string());
  CHECK(store.list("").empty());
  CHECK(!fs::exists(dir / "backups"));
  store.prepare();
  CHECK(mode_of(dir / "backups") == 0700);
  store.prepare();
  CHECK(store.list("").empty());
  CHECK(error_of([&] { LocalStore(dir / "no/backups").prepare(); }).kind() == ErrorKind::failed);
  CHECK(!fs::exists(dir / "no"));
}

TEST_CASE("a local store lists files only, and none that are hidden", "[store]") {
  const TempDir dir;
  write_text(dir / "a.zip", "x");
  write_text(dir / ".hidden.zip", "x");
  write_text(dir / "folder.zip/inner.zip", "x");
  fs::create_symlink("a.zip", dir / "link.zip");
  fs::create_symlink("nowhere", dir / "dangling.zip");
  REQUIRE(mkfifo((dir / "pipe.zip").c_str(), 0600) == 0);
  const LocalStore store(dir.path());
  CHECK(names_in(store) == "a.zip link.zip ");
  CHECK(!store.list("a").at(0).link);
  CHECK(store.list("l").at(0).link);
  CHECK(error_of([&] { store.open("folder.zip"); }).kind() == ErrorKind::not_found);
  CHECK(error_of([&] { store.open("pipe.zip"); }).kind() == ErrorKind::not_found);
}

TEST_CASE("a folder that may not be read or written is an error with its name", "[store]") {
  const TempDir dir;
  const TempDir local;
  write_text(local / "file", "x");
  write_text(dir / "store/a.zip", "x");
  LocalStore store(dir / "store");
  SECTION("not written") {
    fs::permissions(dir / "store", fs::perms{0555});
    const AsNobody nobody;
    const Error error = error_of([&] { store.put(local / "file", "b.zip"); });
    CHECK(error.kind() == ErrorKind::failed);
    CHECK_THAT(error.message(), ContainsSubstring((dir / "store").string()));
    CHECK(error_of([&] { store.remove("a.zip"); }).kind() == ErrorKind::failed);
    CHECK(names_in(store) == "a.zip ");
  }
  SECTION("not read") {
    fs::permissions(dir / "store", fs::perms{0});
    const AsNobody nobody;
    const Error error = error_of([&] { store.list(""); });
    CHECK(error.kind() == ErrorKind::failed);
    CHECK_THAT(error.message(), ContainsSubstring((dir / "store").string()));
  }
  SECTION("no folder at all") {
    const LocalStore file(local / "file");
    CHECK(error_of([&] { file.list(""); }).kind() == ErrorKind::failed);
  }
}
