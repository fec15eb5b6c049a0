// SPDX-License-Identifier: MIT
/// What became of the tasks between two versions of a task file.
#pragma once

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

  bool any() const { return added + removed + status_changed + otherwise_changed > 0; }
  bool operator==(const TaskChanges&) const = default;
};

struct TaskDifference {
  TaskChanges total;
  std::map<std::string, TaskChanges> by_agent;  ///< those with changes; a history's is ""
  /// The keys of those tasks, sorted.
  std::vector<std::uint64_t> added;
  std::vector<std::uint64_t> removed;
  std::vector<std::uint64_t> changed;
};

/// A pure function of the marks of both. Tasks with the same key are the same task; of several with
/// one key those with equal content belong together, then any.
TaskDifference compare_tasks(const JsonSummary& before, const JsonSummary& after);

}  // namespace a2a_backup
