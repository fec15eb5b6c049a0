// SPDX-License-Identifier: MIT
/// Reads the JSON that the application writes, as a stream: is it whole, and what is in it?
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "a2a_backup/archive/metadata.hpp"
#include "a2a_backup/core/error.hpp"
#include "a2a_backup/core/io.hpp"

namespace a2a_backup {

/// What an entry's name says about its content.
enum class TaskFile : std::uint8_t {
  history,  ///< shared/tasks.json: a list of {"task", "created", ...}
  agents,   ///< shared/agent_tasks.json: an object of agent -> list of {"id", "status", ...}
  other,    ///< any JSON
};
TaskFile task_file_of(std::string_view entry);

struct JsonSummary {
  TaskCounts tasks;  ///< `total` from a history, the rest from agents
  /// One hash per task, sorted, when asked for: of its agent and id, or of its text and creation
  /// time where it has no id.
  std::vector<std::uint64_t> keys;
};

/// Reads the whole document. Accepted is what Python's json module accepts, which is a little more
/// than RFC 8259: NaN, Infinity and lone surrogate escapes. Throws Error of `kind` that says what
/// is wrong with the file called `name` (cut off, a web page, the wrong top-level type, nested
/// deeper than Python could read), and whatever the reader throws. Memory does not grow with the
/// document beyond `keys` (8 bytes per task) and its longest string.
JsonSummary scan_json(Reader& reader, TaskFile file, const std::string& name, ErrorKind kind,
                      bool want_keys = false);

/// How many of the sorted `keys` are missing from the sorted `others`.
std::uint64_t count_missing(const std::vector<std::uint64_t>& keys,
                            const std::vector<std::uint64_t>& others);

/// Adds what one file contributed to the counts of all.
void merge_tasks(TaskCounts& sum, const TaskCounts& part);

}  // namespace a2a_backup
