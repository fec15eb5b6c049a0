// SPDX-License-Identifier: MIT
/// Reads the JSON that the application writes, as a stream: is it whole, and what is in it?
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "a2a_backup/archive/metadata.hpp"
#include "a2a_backup/core/error.hpp"
#include "a2a_backup/core/io.hpp"
#include "a2a_backup/source/task_marks.hpp"

namespace a2a_backup {

/// What an entry's name says about its content.
enum class TaskFile : std::uint8_t {
  history,  ///< shared/tasks.json: a list of {"task", "created", ...}
  agents,   ///< shared/agent_tasks.json: an object of agent -> list of {"id", "status", ...}
  other,    ///< any JSON
};
TaskFile task_file_of(std::string_view entry);

struct JsonSummary {
  TaskCounts tasks;                 ///< `total` from a history, the rest from agents
  TaskMarks marks;                  ///< one per task, finished, when asked for
  std::vector<std::string> agents;  ///< whom the marks name; the one of a history is ""
};

/// Reads the whole document. Accepted is what Python's json module accepts, which is a little more
/// than RFC 8259: NaN, Infinity and lone surrogate escapes. Throws Error of `kind` that says what
/// is wrong with the file called `name` (cut off, a web page, the wrong top-level type, nested
/// deeper than Python could read), and whatever the reader throws. `marks` are empty ones that are
/// filled, and throw Error of kind `failed`; without them nobody wants any. Memory does not grow
/// with the document beyond its longest string.
JsonSummary scan_json(Reader& reader, TaskFile file, const std::string& name, ErrorKind kind,
                      std::optional<TaskMarks> marks = std::nullopt);

/// One task in words.
struct TaskLine {
  std::uint64_t key = 0;  ///< as in its mark
  std::string agent;      ///< empty in a history
  std::string id;         ///< empty where it has none
  std::string status;     ///< empty where it has none
  std::string text;       ///< its beginning, on one line
};

/// The tasks of the document whose key is in `keys`, which are sorted, in their order there; at
/// most `limit` of them. A document that scan_json() would not accept ends the list.
std::vector<TaskLine> list_tasks(Reader& reader, TaskFile file,
                                 const std::vector<std::uint64_t>& keys, std::size_t limit);

/// Adds what one file contributed to the counts of all.
void merge_tasks(TaskCounts& sum, const TaskCounts& part);

}  // namespace a2a_backup
