// SPDX-License-Identifier: MIT
#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>

#include "a2a_backup/archive/metadata.hpp"
#include "a2a_backup/core/digest.hpp"
#include "a2a_backup/core/error.hpp"
#include "a2a_backup/core/text.hpp"
#include "chunk_crc32s.hpp"
#include "json_object.hpp"

namespace a2a_backup {
namespace {

/// Not an ordered one: looking a key up in that takes as long as it has keys, and somebody else
/// made the document.
using Json = nlohmann::json;

constexpr int max_depth = 32;

EntryRecord parse_entry(const Json& json) {
  const JsonObject object(json, "an entry");
  EntryRecord entry;
  entry.path = object.text("path", object.require("path"));
  entry.source = object.text_or("source");
  entry.size = object.number("size", object.require("size"));
  entry.mtime = object.time_or_epoch("mtime");
  entry.sha256 = object.text("sha256", object.require("sha256"));
  if (!is_sha256_hex(entry.sha256))
    throw JsonProblem{object.quoted("sha256") + " is not a SHA-256"};
  entry.chunk_size = object.number_or_zero("chunk_size");
  if (const Json* chunks = object.find("chunks")) {
    for (const Json& size : object.array("chunks", *chunks)) {
      entry.chunks.push_back(object.number("chunks", size));
    }
  }
  if (const Json* level = object.find("level")) {
    entry.level = static_cast<int>(std::min<std::uint64_t>(object.number("level", *level), 9));
  }
  if (const Json* crc32s = object.find("chunk_crc32")) {
    entry.chunk_crc32s = parse_crc32s(object.text("chunk_crc32", *crc32s), entry.chunks.size());
  }
  return entry;
}

DatabaseRecord parse_database(const Json& json) {
  const JsonObject object(json, "the database record");
  DatabaseRecord database;
  database.engine = object.text("engine", object.require("engine"));
  database.source = object.text_or("source");
  database.page_size = object.number_or_zero("page_size");
  database.page_count = object.number_or_zero("page_count");
  if (const Json* version = object.find("user_version"); version != nullptr) {
    if (!version->is_number_integer())
      throw JsonProblem{object.quoted("user_version") + " is no number"};
    database.user_version = version->get<std::int64_t>();
  }
  database.journal_mode = object.text_or("journal_mode");
  database.server_version = object.text_or("server_version");
  database.snapshot_time = object.time_or_epoch("snapshot_time");
  if (const Json* standby = object.find("standby")) {
    if (!standby->is_boolean())
      throw JsonProblem{object.quoted("standby") + " is neither true nor false"};
    database.standby = standby->get<bool>();
  }
  database.tables = object.counts("tables");
  return database;
}

TaskCounts parse_tasks(const Json& json) {
  const JsonObject object(json, "the task record");
  TaskCounts tasks;
  tasks.total = object.number_or_zero("total");
  tasks.by_status = object.counts("by_status");
  if (const Json* agents = object.find("by_agent")) {
    const JsonObject by_agent(*agents, "the task record's \"by_agent\"");
    for (const auto& item : agents->items()) {
      tasks.by_agent[item.key()] = by_agent.counts(item.key());
    }
  }
  return tasks;
}

std::vector<std::string> parse_texts(const JsonObject& object, const char* key, const Json& json) {
  std::vector<std::string> texts;
  for (const Json& item : object.array(key, json)) texts.push_back(object.text(key, item));
  return texts;
}

void parse_version_2(const JsonObject& object, Metadata& metadata) {
  metadata.tool = object.text_or("tool");
  metadata.host = object.text_or("host");
  if (const Json* tags = object.find("tags")) {
    const JsonObject map(*tags, "the tags");
    for (const auto& [key, value] : tags->items()) {
      metadata.tags[key] = map.text(key.c_str(), value);
    }
  }
  if (const Json* json = object.find("capture")) {
    const JsonObject capture(*json, "the capture record");
    metadata.capture_started = capture.time_or_epoch("started");
    metadata.capture_finished = capture.time_or_epoch("finished");
    metadata.capture_attempts = static_cast<int>(std::min<std::uint64_t>(
        capture.number_or_zero("attempts"), std::numeric_limits<int>::max()));
  }
  for (const Json& entry : object.array("entries", object.require("entries"))) {
    metadata.entries.push_back(parse_entry(entry));
  }
  if (const Json* database = object.find("database"); database && !database->is_null()) {
    metadata.database = parse_database(*database);
  }
  if (const Json* tasks = object.find("tasks"); tasks && !tasks->is_null()) {
    metadata.tasks = parse_tasks(*tasks);
  }
  if (const Json* warnings = object.find("warnings")) {
    metadata.warnings = parse_texts(object, "warnings", *warnings);
  }
}

/// The tree, built no deeper than max_depth: a hostile document must not cost a deep recursion.
Json parse_json(std::string_view text) {
  const auto guard = [](int depth, Json::parse_event_t /*event*/, Json& /*parsed*/) {
    if (depth > max_depth) throw JsonProblem{"nests too deep"};
    return true;
  };
  // The parser takes a zero byte for the end.
  if (text.find('\0') != std::string_view::npos) throw JsonProblem{"is not valid JSON"};
  try {
    return Json::parse(text, guard);
  } catch (const Json::exception&) {
    throw JsonProblem{"is not valid JSON"};
  }
}

Metadata parse_document(std::string_view text) {
  if (text.size() > max_metadata_size) throw JsonProblem{"is too large"};
  const Json json = parse_json(text);
  const JsonObject object(json, "the document");
  Metadata metadata;
  metadata.version = object.text("version", object.require("version"));
  if (!metadata.legacy() && !metadata.version.starts_with("2.")) {
    throw JsonProblem{"has version " + printable(metadata.version.substr(0, 20)) +
                      ", this program knows 1 and 2"};
  }
  metadata.timestamp = object.time("timestamp", object.require("timestamp"));
  metadata.files = parse_texts(object, "files", object.require("files"));
  if (!metadata.legacy()) parse_version_2(object, metadata);
  return metadata;
}

}  // namespace

Metadata parse_metadata(std::string_view text, const std::string& where) {
  try {
    return parse_document(text);
  } catch (const JsonProblem& problem) {
    throw Error(ErrorKind::archive, where + ": backup_metadata.json: " + problem.text,
                "the archive is damaged, or a newer version of a2a-backup made it");
  }
}

}  // namespace a2a_backup
