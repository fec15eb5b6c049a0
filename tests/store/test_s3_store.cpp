// SPDX-License-Identifier: MIT
#include "a2a_backup/core/clock.hpp"
#include "a2a_backup/core/environment.hpp"
#include "a2a_backup/store/locations.hpp"
#include "catch.hpp"
#include "store/store_contract.hpp"
#include "support.hpp"

namespace a2a_backup::test {
namespace {

/// Where tests/offsite/run has a real service running: "s3://bucket", with the usual variables for
/// keys and endpoint. Nothing runs without it.
std::string service() {
  return environment("A2A_TEST_S3");
}

/// A prefix of its own for each run of a case, as a store has to be empty.
std::string fresh_place(const std::string& name) {
  static int count = 0;
  return service() + "/" + name + "-" + std::to_string(++count) + "-" +
         std::to_string(now().time_since_epoch().count());
}

TEST_CASE("S3Store keeps the contract of a store", "[s3_service]") {
  if (service().empty()) return;
  const auto store = open_store(fresh_place("contract"), {});
  check_store_contract(*store);
}

TEST_CASE("S3Store keeps the contract under a prefix of odd characters", "[s3_service]") {
  if (service().empty()) return;
  const auto store = open_store(fresh_place("od d/ä+%2F&=?#'\"<>;:@$,~*()![]"), {});
  check_store_contract(*store);
}

TEST_CASE("names with odd characters are names in S3", "[s3_service]") {
  if (service().empty()) return;
  const TempDir local;
  write_text(local / "file", "x");
  const auto store = open_store(fresh_place("names"), {});
  for (const char* name : {"a b.zip", "a+b.zip", "a%20b.zip", "ä.zip", "a&b=c?.zip", "'\"<>.zip"}) {
    CAPTURE(name);
    CHECK(store->put(local / "file", name));
    CHECK(names_in(*store, name) == std::string(name) + " ");
    CHECK(content_of(*store, name) == "x");
    store->remove(name);
  }
  CHECK(store->list("").empty());
}

TEST_CASE("parts of a large object are read without fetching it", "[s3_service]") {
  if (service().empty()) return;
  const TempDir local;
  std::string text(1'000'000, '.');
  text.replace(500'000, 6, "middle");
  text.replace(text.size() - 3, 3, "end");
  write_text(local / "file", text);
  const auto store = open_store(fresh_place("parts"), {});
  REQUIRE(store->put(local / "file", "a.zip"));
  const auto file = store->open("a.zip");
  std::string part(6, ' ');
  file->read_at(500'000, std::as_writable_bytes(std::span(part)));
  CHECK(part == "middle");
  // From a part that is fetched into the tail that is there.
  std::string rest(600'000, ' ');
  file->read_at(400'000, std::as_writable_bytes(std::span(rest)));
  CHECK((rest == text.substr(400'000)));

  store->remove("a.zip");
  write_text(local / "file", text + "other");
  REQUIRE(store->put(local / "file", "a.zip"));
  CHECK(error_of([&] { file->read_at(10, std::as_writable_bytes(std::span(part))); }).kind() ==
        ErrorKind::failed);
}

}  // namespace
}  // namespace a2a_backup::test
