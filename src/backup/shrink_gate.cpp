// SPDX-License-Identifier: MIT
#include "shrink_gate.hpp"

#include <algorithm>
#include <array>

#include "a2a_backup/archive/entry_name.hpp"
#include "a2a_backup/core/text.hpp"

namespace a2a_backup {
namespace {

/// Below these a percentage says nothing: from 3 tasks to 1 is an ordinary afternoon.
constexpr std::uint64_t least_loss = 10;
constexpr std::uint64_t least_total_loss = 5;

struct Counts {
  std::uint64_t tasks = 0;
  std::uint64_t agent_tasks = 0;
  std::uint64_t rows = 0;
  std::uint64_t task_rows = 0;
};

Counts counts_of(const Metadata& metadata) {
  Counts counts;
  if (metadata.tasks) {
    counts.tasks = metadata.tasks->total;
    for (const auto& [status, count] : metadata.tasks->by_status) counts.agent_tasks += count;
  }
  if (metadata.database) {
    counts.rows = total_rows(*metadata.database);
    const auto table = metadata.database->tables.find("tasks");
    if (table != metadata.database->tables.end()) counts.task_rows = table->second;
  }
  return counts;
}

struct Comparison {
  std::string_view what;
  std::uint64_t Counts::*count;
  bool left_out;
};

}  // namespace

bool is_suspicious_loss(std::uint64_t before, std::uint64_t after, unsigned percent) {
  if (after >= before) return false;
  const std::uint64_t lost = before - after;
  const bool large = static_cast<double>(lost) * 100 > static_cast<double>(before) * percent;
  return large && (lost >= least_loss || (after == 0 && lost >= least_total_loss));
}

void check_shrink(const CreateOptions& options, const Metadata& fresh, PreviousBackup& previous) {
  constexpr unsigned everything = 100;
  if (options.max_shrink >= everything) return;
  const BackupInfo* newest = previous.newest_good();
  if (newest == nullptr) return;
  const bool tasks_only = options.from && options.from->tasks_only;
  const bool no_database = tasks_only || options.database == "none" ||
                           matches_any(options.exclude, std::string(sqlite_entry)) ||
                           matches_any(options.exclude, std::string(postgresql_entry));
  const std::array comparisons{
      Comparison{"tasks", &Counts::tasks, matches_any(options.exclude, "shared/tasks.json")},
      Comparison{"tasks of agents", &Counts::agent_tasks,
                 tasks_only || matches_any(options.exclude, "shared/agent_tasks.json")},
      Comparison{"rows in the database", &Counts::rows, no_database},
      Comparison{"rows in the table tasks", &Counts::task_rows, no_database},
  };
  const Counts before = counts_of(*newest->metadata);
  const Counts after = counts_of(fresh);
  for (const Comparison& comparison : comparisons) {
    const std::uint64_t had = before.*comparison.count;
    const std::uint64_t has = after.*comparison.count;
    if (comparison.left_out || !is_suspicious_loss(had, has, options.max_shrink)) continue;
    throw Error(ErrorKind::refused,
                "there are " + format_count(has) + " " + std::string(comparison.what) +
                    ", the backup " + newest->name + " holds " + format_count(had),
                "look what became of the others; when this is right: --max-shrink 100");
  }
}

}  // namespace a2a_backup
