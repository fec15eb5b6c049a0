// SPDX-License-Identifier: MIT
/// backup_metadata.json: what a backup says of itself. Its schema is docs/format.md.
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "a2a_backup/core/clock.hpp"

namespace a2a_backup {

/// One file in the archive, as it was captured.
struct EntryRecord {
  std::string path;    ///< the entry's name
  std::string source;  ///< where it came from, without secrets
  std::uint64_t size = 0;
  TimePoint mtime{};
  std::string sha256;                 ///< 64 hexadecimal digits, of the uncompressed bytes
  std::uint64_t chunk_size = 0;       ///< input bytes per chunk; 0 when not chunked
  std::vector<std::uint64_t> chunks;  ///< compressed bytes of each chunk
  int level = -1;                     ///< of the compression; -1 when that is not noted
  /// Of the content of each chunk; empty when they are not noted.
  std::vector<std::uint32_t> chunk_crc32s = {};
};

inline constexpr std::string_view sqlite_engine = "sqlite";
inline constexpr std::string_view postgresql_engine = "postgresql";

struct DatabaseRecord {
  std::string engine;  ///< one of the two above
  std::string source;
  std::uint64_t page_size = 0;
  std::uint64_t page_count = 0;
  std::int64_t user_version = 0;
  std::string journal_mode;                     ///< of the live database, such as "wal"
  std::map<std::string, std::uint64_t> tables;  ///< rows per table
  std::string server_version = {};              ///< of PostgreSQL, such as "15.14"
  TimePoint snapshot_time{};                    ///< of PostgreSQL: as of when the rows are
  bool standby = false;                         ///< of PostgreSQL: a replica was asked
};

std::uint64_t total_rows(const DatabaseRecord& database);

/// What the task files hold. `total` counts the history (tasks.json); the rest counts the tasks
/// handed to agents (agent_tasks.json).
struct TaskCounts {
  std::uint64_t total = 0;
  std::map<std::string, std::uint64_t> by_status;
  std::map<std::string, std::map<std::string, std::uint64_t>> by_agent;  ///< agent -> status -> n
  bool operator==(const TaskCounts&) const = default;
};

struct Metadata {
  std::string version = "2.0";
  TimePoint timestamp{};
  std::vector<std::string> files;
  std::string tool;
  std::string host;
  std::map<std::string, std::string> tags;
  TimePoint capture_started{};
  TimePoint capture_finished{};
  int capture_attempts = 0;
  std::vector<EntryRecord> entries;
  std::optional<DatabaseRecord> database;
  std::optional<TaskCounts> tasks;
  std::vector<std::string> warnings;

  /// Whether this is a version 1 document, which has neither digests nor counts.
  bool legacy() const { return version.starts_with("1."); }
  const EntryRecord* find(std::string_view path) const;
};

inline constexpr std::uint64_t max_metadata_size = std::uint64_t{8} << 20;

/// Reads version 1.x and 2.x; keys it does not know are ignored. Throws Error of kind `archive`,
/// with `where` in the message, when it is not JSON, nests deeper than 32, lacks what its version
/// promises, has a value of the wrong type, or is of another major version.
Metadata parse_metadata(std::string_view text, const std::string& where);

/// The JSON document, indented, ending in a newline.
std::string format_metadata(const Metadata& metadata);

/// Parts of that document.
nlohmann::ordered_json database_to_json(const DatabaseRecord& database);
nlohmann::ordered_json tasks_to_json(const TaskCounts& tasks);

}  // namespace a2a_backup
