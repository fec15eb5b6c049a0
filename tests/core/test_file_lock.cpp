// SPDX-License-Identifier: MIT
#include <optional>
#include <thread>

#include "a2a_backup/core/file_lock.hpp"
#include "catch.hpp"
#include "support.hpp"

using namespace a2a_backup;
using namespace a2a_backup::test;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;
using Mode = FileLock::Mode;
using Clock = std::chrono::steady_clock;

TEST_CASE("one exclusive lock at a time, and nothing to clean up", "[file_lock]") {
  const TempDir dir;
  {
    const FileLock lock(dir.path(), Mode::exclusive, 0ms);
    const auto started = Clock::now();
    const Error error = error_of([&] { FileLock(dir.path(), Mode::exclusive, 100ms); });
    CHECK(Clock::now() - started >= 100ms);
    CHECK(Clock::now() - started < 5s);
    CHECK(error.kind() == ErrorKind::busy);
    CHECK_THAT(error.message(), ContainsSubstring(dir.path().string()));
    CHECK_THAT(error.hint(), ContainsSubstring("--lock-timeout"));
    CHECK(error_of([&] { FileLock(dir.path(), Mode::shared, 0ms); }).kind() == ErrorKind::busy);
  }
  const FileLock again(dir.path(), Mode::exclusive, 0ms);
  CHECK(tree_of(dir.path()).empty());
}

TEST_CASE("shared locks bear each other, and no exclusive one", "[file_lock]") {
  const TempDir dir;
  const FileLock first(dir.path(), Mode::shared, 0ms);
  const FileLock second(dir.path(), Mode::shared, 0ms);
  CHECK(error_of([&] { FileLock(dir.path(), Mode::exclusive, 0ms); }).kind() == ErrorKind::busy);
}

TEST_CASE("a lock is waited for", "[file_lock]") {
  const TempDir dir;
  std::optional<FileLock> held(std::in_place, dir.path(), Mode::exclusive, 0ms);
  std::thread holder([&] {
    std::this_thread::sleep_for(60ms);
    held.reset();
  });
  const auto started = Clock::now();
  CHECK_NOTHROW(FileLock(dir.path(), Mode::exclusive, 20s));
  CHECK(Clock::now() - started < 10s);
  holder.join();
}

TEST_CASE("a lock tells when its folder is gone", "[file_lock]") {
  const TempDir dir;
  fs::create_directory(dir / "folder");
  const FileLock lock(dir / "folder", Mode::exclusive, 0ms);
  CHECK(lock.holds());
  fs::remove(dir / "folder");
  fs::create_directory(dir / "folder");
  CHECK_FALSE(lock.holds());
}

TEST_CASE("locks in two folders have nothing to do with each other", "[file_lock]") {
  const TempDir one;
  const TempDir two;
  const FileLock first(one.path(), Mode::exclusive, 0ms);
  CHECK_NOTHROW(FileLock(two.path(), Mode::exclusive, 0ms));
}

TEST_CASE("a folder that is not there cannot be locked", "[file_lock]") {
  const TempDir dir;
  CHECK(error_of([&] { FileLock(dir / "no", Mode::shared, 0ms); }).kind() == ErrorKind::failed);
}
