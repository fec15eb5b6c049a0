// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <utility>

#include "a2a_backup/archive/zip_reader.hpp"
#include "a2a_backup/core/error.hpp"
#include "archive/zip_builder.hpp"
#include "catch.hpp"

using namespace a2a_backup;
using namespace a2a_backup::test;
using Catch::Matchers::ContainsSubstring;

namespace {

std::string read_all(Reader& reader, std::size_t step = 1000) {
  std::string text;
  std::vector<std::byte> buffer(step);
  while (const std::size_t got = reader.read(buffer)) {
    text.append(reinterpret_cast<const char*>(buffer.data()), got);
  }
  return text;
}

std::string content(ZipReader& zip, const std::string& name) {
  const ZipEntry* entry = zip.find(name);
  REQUIRE(entry != nullptr);
  return read_all(*zip.open(*entry));
}

using Contents = std::map<std::string, std::string>;

Contents contents(const std::string& bytes) {
  ZipReader zip(std::make_shared<MemoryFile>(bytes));
  Contents all;
  for (const ZipEntry& entry : zip.entries()) all[entry.name] = read_all(*zip.open(entry));
  return all;
}

/// The message with which reading the first entry of `zip` is refused.
std::string read_refusal(const TestZip& zip) {
  ZipReader reader(file_of(zip));
  const auto entry = reader.open(reader.entries()[0]);
  std::array<std::byte, 64> buffer{};
  try {
    for (int i = 0; i < 1000; ++i) {
      if (entry->read(buffer) == 0) return "read to its end";
    }
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::archive);
    CHECK_THAT(error.message(), ContainsSubstring("test.zip: entry 'shared/tasks.json'"));
    CHECK_THROWS_AS(entry->read(buffer), Error);  // and it does not turn good again
    return error.message();
  }
  return "went on for ever";
}

/// One entry whose two headers are changed in the same way.
TestZip changed(bool deflate, const std::function<void(TestHeader&)>& change) {
  TestZip zip;
  zip.entries = {test_entry("shared/tasks.json", std::string(3000, 'a') + "the end", deflate)};
  change(zip.entries[0].local);
  change(zip.entries[0].central);
  return zip;
}

}  // namespace

TEST_CASE("entries are read whole, whatever their method and the step", "[zip_reader]") {
  TestZip made = good_zip();
  made.entries.push_back(test_entry("shared/empty.json", ""));
  made.entries.push_back(test_entry("shared/empty2.json", "", true));
  made.entries.push_back(streamed_entry("shared/streamed.json", "from a pipe", true, false));
  made.zip64 = GENERATE(false, true);
  ZipReader zip(file_of(made));
  REQUIRE(zip.entries().size() == 6);
  CHECK(content(zip, "shared/tasks.json") == "[1, 2, 3]");
  CHECK(content(zip, "database/a2a_system.db") == std::string(5000, 'x') + "y");
  CHECK(content(zip, "backup_metadata.json") == "{\"version\": \"2.0\"}");
  CHECK(content(zip, "shared/empty.json").empty());
  CHECK(content(zip, "shared/empty2.json").empty());
  CHECK(content(zip, "shared/streamed.json") == "from a pipe");
  for (const std::size_t step : {1U, 7U, 5001U, 100'000U}) {
    CHECK(read_all(*zip.open(*zip.find("database/a2a_system.db")), step) ==
          std::string(5000, 'x') + "y");
  }
}

TEST_CASE("entries are found by their exact name", "[zip_reader]") {
  ZipReader zip(file_of(good_zip()));
  CHECK(zip.find("shared/tasks.json") == &zip.entries()[0]);
  CHECK(zip.find("backup_metadata.json") == &zip.entries()[2]);
  CHECK(zip.find("shared/Tasks.json") == nullptr);
  CHECK(zip.find("") == nullptr);
  ZipEntry other = zip.entries()[0];
  other.name = "shared/other.json";
  CHECK_THROWS_AS(zip.open(other), Error);
}

TEST_CASE("a reader may be dropped half-way, and readers may take turns", "[zip_reader]") {
  ZipReader zip(file_of(good_zip()));
  ZipReader moved = std::move(zip);
  std::array<std::byte, 10> buffer{};
  CHECK(moved.open(moved.entries()[1])->read(buffer) == 10);
  const auto one = moved.open(moved.entries()[1]);
  const auto two = moved.open(moved.entries()[0]);
  CHECK(one->read(buffer) == 10);
  CHECK(read_all(*two) == "[1, 2, 3]");
  CHECK(read_all(*one).size() == 5001 - 10);
  CHECK(one->read(buffer) == 0);
  CHECK(one->read({}) == 0);
}

TEST_CASE("folders in a zip around backups do not shift the entries", "[zip_reader]") {
  TestZip made;
  made.entries = {test_folder("a/"), test_entry("a/one.zip", "first"), test_folder("b/"),
                  test_entry("b/two.zip", "second", true)};
  ZipReader zip(file_of(made), NamePolicy::wrapper);
  REQUIRE(zip.entries().size() == 2);
  CHECK(content(zip, "a/one.zip") == "first");
  CHECK(content(zip, "b/two.zip") == "second");
}

TEST_CASE("damage in the data is found at the end at the latest", "[zip_reader]") {
  const bool deflate = GENERATE(false, true);
  CAPTURE(deflate);
  CHECK(read_refusal(changed(deflate, [](TestHeader&) {})) == "read to its end");
  CHECK_THAT(read_refusal(changed(deflate, [](TestHeader& h) { h.crc32 ^= 1; })),
             ContainsSubstring("checksum"));
  TestZip flipped = changed(deflate, [](TestHeader&) {});
  flipped.entries[0].data[flipped.entries[0].data.size() / 2] ^= 0x10;
  CHECK_THAT(read_refusal(flipped), ContainsSubstring("damaged"));
}

TEST_CASE("data that does not inflate is damage", "[zip_reader]") {
  TestZip zip = changed(true, [](TestHeader&) {});
  SECTION("garbage") {
    zip.entries[0].data.assign(zip.entries[0].data.size(), '\xff');
  }
  SECTION("a stream that is cut off") {
    zip.entries[0].data.resize(zip.entries[0].data.size() - 5);
    zip.entries[0].local.compressed_size -= 5;
    zip.entries[0].central.compressed_size -= 5;
  }
  CHECK_THAT(read_refusal(zip), ContainsSubstring("damaged"));
}

TEST_CASE("an entry that holds more than it announces is stopped at once", "[zip_reader]") {
  TestZip bomb;
  bomb.entries = {test_entry("shared/tasks.json", std::string(50'000'000, '\0'), true)};
  bomb.entries[0].local.size = bomb.entries[0].central.size = 100;
  const auto file = file_of(bomb);
  ZipReader zip(file);
  const auto entry = zip.open(zip.entries()[0]);
  std::array<std::byte, 4096> buffer{};
  CHECK_THROWS_WITH(entry->read(buffer), ContainsSubstring("holds more than the 100 B"));
  CHECK_THROWS_AS(entry->read(buffer), Error);
}

TEST_CASE("an entry that holds less than it announces is refused", "[zip_reader]") {
  CHECK_THAT(read_refusal(changed(true, [](TestHeader& h) { h.size += 1; })),
             ContainsSubstring("ends after 3,007 bytes of 3,008"));
}

TEST_CASE("any flipped bit is refused or changes no content", "[zip_reader]") {
  TestZip made = good_zip();
  made.entries[0] = streamed_entry("shared/tasks.json", "[1, 2, 3]", true, false);
  made.zip64 = GENERATE(false, true);
  const std::string good = made.bytes();
  const Contents expected = contents(good);
  std::size_t refused = 0;
  for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
    std::string bad = good;
    bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << (bit % 8)));
    CAPTURE(bit / 8, bit % 8);
    try {
      const Contents read = contents(bad);
      CHECK(read == expected);
    } catch (const Error& error) {
      ++refused;
      CHECK(error.kind() == ErrorKind::archive);
    }
  }
  CHECK(refused > good.size() * 8 / 2);
}

TEST_CASE("a second directory inside the data does not mislead libzip", "[zip_reader]") {
  // The last entry's content is a zip whose offsets are right where it lies. libzip weighs all
  // directories of the last 64 KiB, and the dates make the real one the less consistent.
  TestZip zip;
  zip.entries = {test_entry("shared/tasks.json", "real"), test_entry("shared/z.json", "")};
  zip.entries[0].local.date = 0x22;
  const auto start = static_cast<std::uint32_t>(zip.bytes().find("PK\x01\x02"));
  TestZip inner;
  inner.entries = {test_entry("shared/tasks.json", "fake"), test_entry("shared/z.json", "x")};
  inner.directory_offset = start + inner.bytes().find("PK\x01\x02");
  inner.entries[1].offset = start + static_cast<std::uint32_t>(inner.bytes().find("PK\x03\x04", 4));
  inner.entries[0].offset = start;
  zip.entries[1] = test_entry("shared/z.json", inner.bytes());

  const Contents read = contents(zip.bytes());
  CHECK(read.at("shared/tasks.json") == "real");
  CHECK(read.at("shared/z.json") == inner.bytes());
}

TEST_CASE("what the file throws comes through libzip", "[zip_reader]") {
  TestZip made = good_zip();
  made.entries[1] = test_entry("database/a2a_system.db", std::string(3'000'000, 'x'));
  const auto file = file_of(made);
  ZipReader zip(file);
  const auto entry = zip.open(zip.entries()[1]);
  file->fail_at = 2'000'000;
  CHECK_THROWS_WITH(read_all(*entry), ContainsSubstring("on fire"));

  const auto broken = file_of(made);
  broken->fail_at = broken->size() - 1;
  CHECK_THROWS_AS(ZipReader(broken), std::runtime_error);
}
