// SPDX-License-Identifier: MIT
/// What became of the tasks between two versions of a task file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "a2a_backup/source/task_json.hpp"

namespace a2a_backup {

struct TaskChanges {
  std::uint64_t added = 0;
  std::uint64_t removed = 0;
  std::uint64_t status_changed = 0;
  std::uint64_t otherwise_changed = 0;  ///< the same status, and another field differs

  std::uint64_t sum() const { return added + removed + status_changed + otherwise_changed; }
  bool any() const { return sum() > 0; }
  bool operator==(const TaskChanges&) const = default;
};

struct TaskDifference {
  TaskChanges total;
  std::map<std::string, TaskChanges> by_agent;  ///< those with changes; a history's is ""
  /// The keys of the first of those tasks in their file, sorted; of the removed ones that is the
  /// old file, else the new one.
  std::vector<std::uint64_t> added;
  std::vector<std::uint64_t> removed;
  std::vector<std::uint64_t> changed;
};

/// A pure function of the marks of both. Tasks with the same key are the same task; of several with
/// one key those with equal content belong together, then any. Memory does not grow with the files:
/// at most `limit` keys of each kind are kept. Throws Error of kind `failed` when the marks are on
/// a disk that cannot be read.
TaskDifference compare_tasks(const JsonSummary& before, const JsonSummary& after,
                             std::size_t limit);

}  // namespace a2a_backup
