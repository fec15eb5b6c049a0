// SPDX-License-Identifier: MIT
#include <nlohmann/json.hpp>

#include "a2a_backup/archive/metadata.hpp"
#include "chunk_crc32s.hpp"

namespace a2a_backup {
namespace {

/// Keys come in the order of the format's description.
using Json = nlohmann::ordered_json;

Json format_entry(const EntryRecord& entry) {
  Json json{{"path", entry.path},
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

}  // namespace

Json database_to_json(const DatabaseRecord& database) {
  Json json{{"engine", database.engine}, {"source", database.source}};
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

Json tasks_to_json(const TaskCounts& tasks) {
  return {{"total", tasks.total}, {"by_status", tasks.by_status}, {"by_agent", tasks.by_agent}};
}

std::string format_metadata(const Metadata& metadata) {
  Json json{{"timestamp", format_rfc3339(metadata.timestamp)},
            {"files", metadata.files},
            {"version", metadata.version},
            {"tool", metadata.tool},
            {"host", metadata.host},
            {"tags", metadata.tags},
            {"capture",
             {{"started", format_rfc3339(metadata.capture_started)},
              {"finished", format_rfc3339(metadata.capture_finished)},
              {"attempts", metadata.capture_attempts}}}};
  json["entries"] = Json::array();
  for (const EntryRecord& entry : metadata.entries) json["entries"].push_back(format_entry(entry));
  if (metadata.database) json["database"] = database_to_json(*metadata.database);
  if (metadata.tasks) json["tasks"] = tasks_to_json(*metadata.tasks);
  json["warnings"] = metadata.warnings;
  // A file name or an agent's name need not be UTF-8; it must not cost the backup.
  return json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace a2a_backup
