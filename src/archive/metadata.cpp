// SPDX-License-Identifier: MIT
#include "a2a_backup/archive/metadata.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <nlohmann/json.hpp>

#include "a2a_backup/core/digest.hpp"
#include "a2a_backup/core/error.hpp"
#include "a2a_backup/core/text.hpp"

namespace a2a_backup {
namespace {

/// For writing, so that keys come in the order of the format's description. Looking a key up in it
/// takes as long as it has keys, so documents that somebody else made are never read into one.
using OrderedJson = nlohmann::ordered_json;
using Json = nlohmann::json;

constexpr int max_depth = 32;

/// What is wrong with the document; parse_metadata() turns it into an Error that names the file.
struct Problem {
  std::string text;
};

/// Typed access to one object. A missing optional key leaves the default; a value of another type
/// is a Problem that names the key.
class Object {
 public:
  explicit Object(const Json& json, std::string name) : json_(json), name_(std::move(name)) {
    if (!json_.is_object()) throw Problem{name_ + " is not an object"};
  }

  const Json* find(const char* key) const {
    const auto found = json_.find(key);
    return found == json_.end() ? nullptr : &*found;
  }
  const Json& require(const char* key) const {
    if (const Json* value = find(key)) return *value;
    throw Problem{name_ + " lacks \"" + key + "\""};
  }
  std::string text(const char* key, const Json& value) const {
    if (!value.is_string()) throw Problem{quoted(key) + " is not a string"};
    return value.get<std::string>();
  }
  std::uint64_t number(const char* key, const Json& value) const {
    if (!value.is_number_unsigned()) throw Problem{quoted(key) + " is not a whole number"};
    return value.get<std::uint64_t>();
  }
  TimePoint time(const char* key, const Json& value) const {
    const auto time = parse_time(text(key, value));
    if (!time) throw Problem{quoted(key) + " is not a time"};
    return *time;
  }
  std::string text_or(const char* key) const {
    const Json* value = find(key);
    return value == nullptr ? std::string() : text(key, *value);
  }
  std::uint64_t number_or_zero(const char* key) const {
    const Json* value = find(key);
    return value == nullptr ? 0 : number(key, *value);
  }
  TimePoint time_or_epoch(const char* key) const {
    const Json* value = find(key);
    return value == nullptr ? TimePoint{} : time(key, *value);
  }
  const Json& array(const char* key, const Json& value) const {
    if (!value.is_array()) throw Problem{quoted(key) + " is not a list"};
    return value;
  }
  std::string quoted(const char* key) const { return name_ + "'s \"" + key + "\""; }

  std::map<std::string, std::uint64_t> counts(const char* key) const {
    std::map<std::string, std::uint64_t> result;
    const Json* value = find(key);
    if (value == nullptr) return result;
    const Object object(*value, quoted(key));
    for (const auto& [name, count] : value->items()) {
      result[name] = object.number(name.c_str(), count);
    }
    return result;
  }

 private:
  const Json& json_;
  std::string name_;
};

constexpr std::size_t crc32_digits = 8;
/// More would leave too little of max_metadata_size for the sizes, which matter more.
constexpr std::size_t most_crc32s = 200'000;

/// A text rather than a list, as there may be many: eight hexadecimal digits for each chunk.
std::string format_crc32s(const std::vector<std::uint32_t>& crc32s) {
  std::string text;
  text.reserve(crc32s.size() * crc32_digits);
  for (const std::uint32_t crc32 : crc32s) {
    for (int shift = 24; shift >= 0; shift -= 8) {
      text += to_hex(std::string(1, static_cast<char>(crc32 >> static_cast<unsigned>(shift))));
    }
  }
  return text;
}

/// None when they are not one for each chunk: nobody needs them to read the data, and an archive
/// that somebody has packed again must not be refused for them.
std::vector<std::uint32_t> parse_crc32s(const std::string& text, std::size_t chunks) {
  const bool right = text.size() == chunks * crc32_digits &&
                     text.find_first_not_of("0123456789abcdef") == std::string::npos;
  std::vector<std::uint32_t> crc32s;
  if (!right) return crc32s;
  crc32s.reserve(chunks);
  for (const char* at = text.data(); at != text.data() + text.size(); at += crc32_digits) {
    std::from_chars(at, at + crc32_digits, crc32s.emplace_back(), 16);
  }
  return crc32s;
}

EntryRecord parse_entry(const Json& json) {
  const Object object(json, "an entry");
  EntryRecord entry;
  entry.path = object.text("path", object.require("path"));
  entry.source = object.text_or("source");
  entry.size = object.number("size", object.require("size"));
  entry.mtime = object.time_or_epoch("mtime");
  entry.sha256 = object.text("sha256", object.require("sha256"));
  if (!is_sha256_hex(entry.sha256)) throw Problem{object.quoted("sha256") + " is not a SHA-256"};
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
  const Object object(json, "the database record");
  DatabaseRecord database;
  database.engine = object.text("engine", object.require("engine"));
  database.source = object.text_or("source");
  database.page_size = object.number_or_zero("page_size");
  database.page_count = object.number_or_zero("page_count");
  if (const Json* version = object.find("user_version"); version != nullptr) {
    if (!version->is_number_integer())
      throw Problem{object.quoted("user_version") + " is no number"};
    database.user_version = version->get<std::int64_t>();
  }
  database.journal_mode = object.text_or("journal_mode");
  database.server_version = object.text_or("server_version");
  database.snapshot_time = object.time_or_epoch("snapshot_time");
  if (const Json* standby = object.find("standby")) {
    if (!standby->is_boolean())
      throw Problem{object.quoted("standby") + " is neither true nor false"};
    database.standby = standby->get<bool>();
  }
  database.tables = object.counts("tables");
  return database;
}

TaskCounts parse_tasks(const Json& json) {
  const Object object(json, "the task record");
  TaskCounts tasks;
  tasks.total = object.number_or_zero("total");
  tasks.by_status = object.counts("by_status");
  if (const Json* agents = object.find("by_agent")) {
    const Object by_agent(*agents, "the task record's \"by_agent\"");
    for (const auto& item : agents->items()) {
      tasks.by_agent[item.key()] = by_agent.counts(item.key().c_str());
    }
  }
  return tasks;
}

std::vector<std::string> parse_texts(const Object& object, const char* key, const Json& json) {
  std::vector<std::string> texts;
  for (const Json& item : object.array(key, json)) texts.push_back(object.text(key, item));
  return texts;
}

void parse_version_2(const Object& object, Metadata& metadata) {
  metadata.tool = object.text_or("tool");
  metadata.host = object.text_or("host");
  if (const Json* tags = object.find("tags")) {
    const Object map(*tags, "the tags");
    for (const auto& [key, value] : tags->items()) {
      metadata.tags[key] = map.text(key.c_str(), value);
    }
  }
  if (const Json* json = object.find("capture")) {
    const Object capture(*json, "the capture record");
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
    if (depth > max_depth) throw Problem{"nests too deep"};
    return true;
  };
  // The parser takes a zero byte for the end.
  if (text.find('\0') != std::string_view::npos) throw Problem{"is not valid JSON"};
  try {
    return Json::parse(text, guard);
  } catch (const Json::exception&) {
    throw Problem{"is not valid JSON"};
  }
}

Metadata parse_document(std::string_view text) {
  if (text.size() > max_metadata_size) throw Problem{"is too large"};
  const Json json = parse_json(text);
  const Object object(json, "the document");
  Metadata metadata;
  metadata.version = object.text("version", object.require("version"));
  if (!metadata.legacy() && !metadata.version.starts_with("2.")) {
    throw Problem{"has version " + printable(metadata.version.substr(0, 20)) +
                  ", this program knows 1 and 2"};
  }
  metadata.timestamp = object.time("timestamp", object.require("timestamp"));
  metadata.files = parse_texts(object, "files", object.require("files"));
  if (!metadata.legacy()) parse_version_2(object, metadata);
  return metadata;
}

OrderedJson format_entry(const EntryRecord& entry) {
  OrderedJson json{{"path", entry.path},
                   {"source", entry.source},
                   {"size", entry.size},
                   {"mtime", format_rfc3339(entry.mtime)},
                   {"sha256", entry.sha256}};
  if (entry.chunk_size != 0) {
    json["chunk_size"] = entry.chunk_size;
    json["chunks"] = entry.chunks;
    if (entry.level >= 0) json["level"] = entry.level;
    const std::size_t noted = entry.chunk_crc32s.size();
    if (noted > 0 && noted <= most_crc32s) json["chunk_crc32"] = format_crc32s(entry.chunk_crc32s);
  }
  return json;
}

OrderedJson format_database(const DatabaseRecord& database) {
  OrderedJson json{{"engine", database.engine}, {"source", database.source}};
  if (database.engine == postgresql_engine) {
    json["server_version"] = database.server_version;
    json["snapshot_time"] = format_rfc3339(database.snapshot_time);
    json["standby"] = database.standby;
  } else {
    json["page_size"] = database.page_size;
    json["page_count"] = database.page_count;
    json["user_version"] = database.user_version;
    json["journal_mode"] = database.journal_mode;
  }
  json["tables"] = database.tables;
  return json;
}

}  // namespace

std::uint64_t total_rows(const DatabaseRecord& database) {
  std::uint64_t rows = 0;
  for (const auto& [table, count] : database.tables) rows += count;
  return rows;
}

const EntryRecord* Metadata::find(std::string_view path) const {
  const auto found =
      std::find_if(entries.begin(), entries.end(), [&](const auto& e) { return e.path == path; });
  return found == entries.end() ? nullptr : &*found;
}

Metadata parse_metadata(std::string_view text, const std::string& where) {
  try {
    return parse_document(text);
  } catch (const Problem& problem) {
    throw Error(ErrorKind::archive, where + ": backup_metadata.json: " + problem.text,
                "the archive is damaged, or a newer version of a2a-backup made it");
  }
}

std::string format_metadata(const Metadata& metadata) {
  OrderedJson json{{"timestamp", format_rfc3339(metadata.timestamp)},
                   {"files", metadata.files},
                   {"version", metadata.version},
                   {"tool", metadata.tool},
                   {"host", metadata.host},
                   {"tags", metadata.tags},
                   {"capture",
                    {{"started", format_rfc3339(metadata.capture_started)},
                     {"finished", format_rfc3339(metadata.capture_finished)},
                     {"attempts", metadata.capture_attempts}}}};
  json["entries"] = OrderedJson::array();
  for (const EntryRecord& entry : metadata.entries) json["entries"].push_back(format_entry(entry));
  if (metadata.database) json["database"] = format_database(*metadata.database);
  if (metadata.tasks) {
    json["tasks"] = {{"total", metadata.tasks->total},
                     {"by_status", metadata.tasks->by_status},
                     {"by_agent", metadata.tasks->by_agent}};
  }
  json["warnings"] = metadata.warnings;
  // A file name or an agent's name need not be UTF-8; it must not cost the backup.
  return json.dump(1, ' ', false, OrderedJson::error_handler_t::replace) + "\n";
}

}  // namespace a2a_backup
