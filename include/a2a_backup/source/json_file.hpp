// SPDX-License-Identifier: MIT
/// One of the application's JSON files, in one version of it.
#pragma once

#include <sys/stat.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "a2a_backup/core/clock.hpp"
#include "a2a_backup/core/file.hpp"
#include "a2a_backup/source/task_json.hpp"

namespace a2a_backup {

/// What tells one version of a file from another: a rewrite changes at least one of these.
struct FileVersion {
  dev_t device = 0;
  ino_t inode = 0;
  off_t size = 0;
  std::int64_t mtime_ns = 0;
  std::int64_t ctime_ns = 0;
  bool operator==(const FileVersion&) const = default;

  TimePoint mtime() const;
};
FileVersion version_of(const struct stat& status);

/// What was read of it.
struct JsonFile {
  FileVersion version;                               ///< as it was opened
  std::chrono::steady_clock::time_point first_seen;  ///< in this version
  std::chrono::milliseconds age_when_read{};         ///< how long nobody had written to it
  fs::path path;
  fs::path staged;
  JsonSummary summary;
  std::string problem;  ///< why it does not parse; empty when it does
};

/// Where a file is looked for, and where its copy goes.
struct JsonFilePlace {
  std::string name;  ///< of the entry
  fs::path path;     ///< in the folder shared/ of `root`, or a link there to somewhere in `root`
  fs::path root;
  fs::path staged;
};

/// A file that does not parse and stays as it is for so long is not being written: it is broken.
/// Its age alone does not tell: a file can be seen cut off a moment before its time changes.
inline constexpr std::chrono::milliseconds surely_broken{1000};

/// Copies the file while it is parsed. Nothing when it has gone since it was listed. Throws Error
/// of kind `source` when it cannot be read, is not a regular file, or is not the application's own.
std::optional<JsonFile> read_json_file(const JsonFilePlace& place);

}  // namespace a2a_backup
