// SPDX-License-Identifier: MIT
#include <limits>
#include <nlohmann/json.hpp>

#include "a2a_backup/archive/metadata.hpp"
#include "a2a_backup/core/digest.hpp"
#include "catch.hpp"
#include "support.hpp"

using namespace a2a_backup;
using namespace a2a_backup::test;
using Catch::Matchers::ContainsSubstring;
using Json = nlohmann::json;

namespace {

TimePoint time_of(const std::string& text) {
  return parse_time(text).value();
}

/// Every field set, each to something else.
Metadata full() {
  Metadata metadata;
  metadata.timestamp = time_of("2025-07-11T01:18:32.046675Z");
  metadata.files = {"shared/tasks.json", "database/a2a_system.db"};
  metadata.tool = "a2a-backup 0.1.0";
  metadata.host = "worker \"7\"\n\xc3\xa9";
  metadata.tags = {{"reason", "before upgrade"}, {"", "empty key"}};
  metadata.capture_started = time_of("2025-07-11T01:18:30Z");
  metadata.capture_finished = time_of("2025-07-11T01:18:31.5Z");
  metadata.capture_attempts = 3;
  metadata.entries = {{"shared/tasks.json",
                       "/app/shared/tasks.json",
                       7,
                       time_of("2025-07-01T00:00:00.000001Z"),
                       sha256_hex("x"),
                       524288,
                       {12, 7, 5},
                       2,
                       {0, 0x0123abcd, 0xffffffff}},
                      {"database/a2a_system.db",
                       "/app/x.db",
                       std::numeric_limits<std::uint64_t>::max(),
                       {},
                       sha256_hex("y"),
                       0,
                       {}}};
  metadata.database = DatabaseRecord{
      "sqlite", "/app/x.db", 4096, 9, -5, "wal", {{"tasks", 3}, {"odd \"name\"", 0}}};
  metadata.tasks = TaskCounts{12, {{"pending", 2}}, {{"alice", {{"pending", 2}}}, {"bob", {}}}};
  metadata.warnings = {"one", "two"};
  return metadata;
}

Json document() {
  return Json::parse(format_metadata(full()));
}

Error refusal(const std::string& text) {
  const Error error = error_of([&] { parse_metadata(text, "x.zip"); });
  CHECK(error.kind() == ErrorKind::archive);
  CHECK_THAT(error.message(), ContainsSubstring("x.zip: backup_metadata.json: "));
  return error;
}

}  // namespace

TEST_CASE("what is written is read back, every field of it", "[metadata]") {
  const Metadata metadata = full();
  const std::string text = format_metadata(metadata);
  CHECK(text.back() == '\n');
  const Metadata read = parse_metadata(text, "x.zip");
  CHECK(read.version == "2.0");
  CHECK(!read.legacy());
  CHECK(read.timestamp == metadata.timestamp);
  CHECK(read.files == metadata.files);
  CHECK(read.tool == metadata.tool);
  CHECK(read.host == metadata.host);
  CHECK(read.tags == metadata.tags);
  CHECK(read.capture_started == metadata.capture_started);
  CHECK(read.capture_finished == metadata.capture_finished);
  CHECK(read.capture_attempts == 3);
  REQUIRE(read.entries.size() == 2);
  for (std::size_t i = 0; i < 2; ++i) {
    CHECK(read.entries[i].path == metadata.entries[i].path);
    CHECK(read.entries[i].source == metadata.entries[i].source);
    CHECK(read.entries[i].size == metadata.entries[i].size);
    CHECK(read.entries[i].mtime == metadata.entries[i].mtime);
    CHECK(read.entries[i].sha256 == metadata.entries[i].sha256);
    CHECK(read.entries[i].chunk_size == metadata.entries[i].chunk_size);
    CHECK(read.entries[i].chunks == metadata.entries[i].chunks);
    CHECK(read.entries[i].level == metadata.entries[i].level);
    CHECK(read.entries[i].chunk_crc32s == metadata.entries[i].chunk_crc32s);
  }
  REQUIRE(read.database.has_value());
  CHECK(read.database->engine == "sqlite");
  CHECK(read.database->source == "/app/x.db");
  CHECK(read.database->page_size == 4096);
  CHECK(read.database->page_count == 9);
  CHECK(read.database->user_version == -5);
  CHECK(read.database->journal_mode == "wal");
  CHECK(read.database->tables == metadata.database->tables);
  CHECK(read.tasks == metadata.tasks);
  CHECK(read.warnings == metadata.warnings);
  CHECK(format_metadata(read) == text);
}

TEST_CASE("an entry's record is found by its name", "[metadata]") {
  const Metadata metadata = full();
  CHECK(metadata.find("database/a2a_system.db") == &metadata.entries[1]);
  CHECK(metadata.find("shared/none.json") == nullptr);
}

TEST_CASE("without database and tasks there are no records of them", "[metadata]") {
  const Metadata read = parse_metadata(format_metadata(Metadata{}), "x.zip");
  CHECK(!read.database.has_value());
  CHECK(!read.tasks.has_value());
  CHECK(read.entries.empty());
  Json json = document();
  json["database"] = nullptr;
  json["tasks"] = nullptr;
  CHECK(!parse_metadata(json.dump(), "x.zip").database.has_value());
  CHECK(!parse_metadata(json.dump(), "x.zip").tasks.has_value());
}

TEST_CASE("a name that is not UTF-8 does not cost the backup", "[metadata]") {
  Metadata metadata = full();
  metadata.entries[0].source = "/app/\xff.json";
  metadata.tasks->by_status["cut\xc3"] = 1;
  CHECK(parse_metadata(format_metadata(metadata), "x.zip").entries[0].source ==
        "/app/\xef\xbf\xbd.json");
}

TEST_CASE("a document of version 1 is read as its Python script wrote it", "[metadata]") {
  const auto [written, meant] = GENERATE(table<std::string, std::string>(
      {{"2025-07-11T01:18:32.046675", "2025-07-11T01:18:32.046675Z"},
       {"2025-07-11T01:18:32", "2025-07-11T01:18:32.000000Z"},
       {"2025-07-11T01:18:32.046675+00:00", "2025-07-11T01:18:32.046675Z"},
       {"2025-07-11T03:18:32+02:00", "2025-07-11T01:18:32.000000Z"}}));
  const Metadata metadata = parse_metadata("{\n  \"timestamp\": \"" + written +
                                               "\",\n  \"files\": [\n    \"shared/tasks.json\",\n"
                                               "    \"database/a2a_system.db\"\n  ],\n"
                                               "  \"version\": \"1.0\"\n}",
                                           "x.zip");
  CHECK(metadata.legacy());
  CHECK(format_rfc3339(metadata.timestamp) == meant);
  CHECK(metadata.files == std::vector<std::string>{"shared/tasks.json", "database/a2a_system.db"});
  CHECK(metadata.entries.empty());
  CHECK(!metadata.database.has_value());
}

TEST_CASE("keys that are not known are ignored, at every place", "[metadata]") {
  Json json = document();
  json["future"] = {{"deep", {1, 2, {{"x", nullptr}}}}};
  json["entries"][0]["future"] = "x";
  json["capture"]["future"] = 1;
  json["database"]["future"] = 1;
  json["tasks"]["future"] = 1;
  json["version"] = "2.7";
  const Metadata read = parse_metadata(json.dump(), "x.zip");
  CHECK(read.version == "2.7");
  CHECK(read.entries.size() == 2);
}

TEST_CASE("a newer major version is refused, as is none at all", "[metadata]") {
  Json json = document();
  json["version"] =
      GENERATE(as<std::string>{}, "3.0", "10.0", "20.1", "2", "0.9", "", "x", "3.0\x1b[2J");
  const Error error = refusal(json.dump());
  CHECK_THAT(error.message(), ContainsSubstring("has version"));
  CHECK_THAT(error.message(), !ContainsSubstring("\x1b"));
  CHECK_THAT(error.hint(), ContainsSubstring("newer version"));
}

TEST_CASE("what a version promises must be there", "[metadata]") {
  Json json = document();
  SECTION("at the top") {
    json.erase(GENERATE(as<std::string>{}, "version", "timestamp", "files", "entries"));
  }
  SECTION("in an entry") {
    json["entries"][0].erase(GENERATE(as<std::string>{}, "path", "size", "sha256"));
  }
  SECTION("in the database") {
    json["database"].erase("engine");
  }
  CHECK_THAT(refusal(json.dump()).message(), ContainsSubstring("lacks \""));
}

TEST_CASE("a value of the wrong type is refused, and named", "[metadata]") {
  const auto pointer = GENERATE(
      as<std::string>{}, "/version", "/timestamp", "/files", "/files/0", "/tool", "/host", "/tags",
      "/tags/reason", "/capture", "/capture/started", "/capture/attempts", "/entries", "/entries/0",
      "/entries/0/path", "/entries/0/size", "/entries/0/sha256", "/entries/0/mtime",
      "/entries/0/chunk_size", "/entries/0/chunks", "/entries/0/chunks/1", "/entries/0/level",
      "/entries/0/chunk_crc32", "/database", "/database/engine", "/database/page_size",
      "/database/tables", "/database/tables/tasks", "/database/user_version", "/tasks",
      "/tasks/total", "/tasks/by_status", "/tasks/by_status/pending", "/tasks/by_agent",
      "/tasks/by_agent/alice", "/tasks/by_agent/alice/pending", "/warnings", "/warnings/0");
  // True is of no type that any field has.
  Json json = document();
  json[Json::json_pointer(pointer)] = true;
  CAPTURE(pointer);
  CHECK_THAT(refusal(json.dump()).message(), ContainsSubstring(" is no"));
}

TEST_CASE("a number that is negative, a fraction or too large is no size", "[metadata]") {
  const auto number =
      GENERATE(as<std::string>{}, "-1", "1.5", "1e3", "18446744073709551616", "NaN");
  std::string text = format_metadata(full());
  text.replace(text.find("\"size\": 7"), 9, "\"size\": " + number);
  refusal(text);
}

TEST_CASE("a time or a digest must look like one", "[metadata]") {
  Json json = document();
  SECTION("time") {
    json["timestamp"] = GENERATE("", "yesterday", "2025-07-11T25:00:00");
  }
  SECTION("digest") {
    json["entries"][0]["sha256"] =
        GENERATE(std::string(), std::string(64, 'G'), std::string(64, 'A'), std::string(63, 'a'));
  }
  refusal(json.dump());
}

TEST_CASE("CRC-32s that are not one for each chunk count as none", "[metadata]") {
  Json json = document();
  CHECK(json["entries"][0]["chunk_crc32"] == "000000000123abcdffffffff");
  json["entries"][0]["chunk_crc32"] =
      GENERATE(std::string(), std::string(16, '0'), std::string(23, '0'), std::string(32, '0'),
               std::string(24, 'A'), std::string(23, '0') + " ", std::string(23, '0') + "-");
  CHECK(parse_metadata(json.dump(), "x.zip").entries[0].chunk_crc32s.empty());
}

TEST_CASE("the CRC-32s of very many chunks are left out", "[metadata]") {
  Metadata metadata = full();
  const auto [chunks, noted] = GENERATE(std::pair{std::size_t{200'000}, std::size_t{200'000}},
                                        std::pair{std::size_t{200'001}, std::size_t{0}});
  metadata.entries[0].chunks.assign(chunks, 123'456);
  metadata.entries[0].chunk_crc32s.assign(chunks, 7);
  const std::string text = format_metadata(metadata);
  CHECK(text.size() < max_metadata_size);
  CHECK(parse_metadata(text, "x.zip").entries[0].chunk_crc32s.size() == noted);
}

TEST_CASE("what is not one JSON object is refused", "[metadata]") {
  const auto text = GENERATE(as<std::string>{}, "", "{", "[]", "null", "\"text\"", "{} {}",
                             "{\"version\": \"2.0\",}", "<html>", "\xff\xfe");
  refusal(text);
}

// The parser takes a zero byte for the end of the text.
TEST_CASE("nothing may follow the object, not even after a zero byte", "[metadata]") {
  const Error error =
      error_of([] { parse_metadata(format_metadata(full()) + '\0' + "garbage", "x.zip"); });
  CHECK(error.kind() == ErrorKind::archive);
}

TEST_CASE("a document cut off anywhere is refused", "[metadata]") {
  const std::string text = format_metadata(full());
  for (std::size_t size = 0; size + 2 < text.size(); size += 7) {
    REQUIRE(error_of([&] { parse_metadata(text.substr(0, size), "x.zip"); }).kind() ==
            ErrorKind::archive);
  }
}

TEST_CASE("a document nests 32 deep and no deeper", "[metadata]") {
  const auto nested = [](int depth) {
    Json json = document();
    Json value = 1;
    for (int i = 1; i < depth; ++i) value = Json::array({value});
    json["future"] = value;
    return json.dump();
  };
  CHECK_NOTHROW(parse_metadata(nested(32), "x.zip"));
  CHECK_THAT(refusal(nested(34)).message(), ContainsSubstring("nests too deep"));
  // Deep enough to end a program that recurses.
  refusal(R"({"version": "2.0", "future": )" + std::string(1'000'000, '['));
}

TEST_CASE("a document larger than the limit is refused unread", "[metadata]") {
  std::string text = format_metadata(full());
  text.append(max_metadata_size - text.size(), ' ');
  CHECK_NOTHROW(parse_metadata(text, "x.zip"));
  CHECK_THAT(refusal(text + " ").message(), ContainsSubstring("is too large"));
}
