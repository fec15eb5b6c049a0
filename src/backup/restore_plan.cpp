// SPDX-License-Identifier: MIT
#include "a2a_backup/backup/restore_plan.hpp"

#include <algorithm>

#include "a2a_backup/backup/staged_backup.hpp"

namespace a2a_backup {
namespace {

PlannedAction action_for(const PlanFacts& facts) {
  if (!facts.fresh_digest) {
    return facts.live_digest ? PlannedAction::remove : PlannedAction::unchanged;
  }
  if (!facts.live_digest) return PlannedAction::create;
  // A database in use has pages in its log and a counter in its header, so its bytes say nothing;
  // its rows do.
  const bool same = facts.database ? facts.database->same
                                   : facts.live_digest->sha256 == facts.fresh_digest->sha256;
  return same && (facts.database || !is_sqlite_entry(facts.entry)) ? PlannedAction::unchanged
                                                                   : PlannedAction::overwrite;
}

}  // namespace

std::string_view action_name(PlannedAction action) {
  switch (action) {
    case PlannedAction::create:
      return "new";
    case PlannedAction::overwrite:
      return "overwrite";
    case PlannedAction::unchanged:
      return "unchanged";
    case PlannedAction::remove:
      break;
  }
  return "remove";
}

bool PlanFacts::same_json() const {
  return fresh_json && fresh_digest && live_digest && fresh_digest->sha256 == live_digest->sha256;
}

PlannedFile plan_file(const PlanFacts& facts) {
  PlannedFile file;
  file.entry = facts.entry;
  file.live = facts.live;
  file.action = action_for(facts);
  if (facts.live_digest) file.live_size = facts.live_digest->size;
  if (facts.fresh_digest) file.fresh_size = facts.fresh_digest->size;
  const bool read = facts.live_json || facts.same_json() || facts.database;
  file.live_unreadable = facts.live_digest && !read;
  if (facts.live_json) {
    static const JsonSummary none;
    TaskDifference tasks = compare_tasks(facts.fresh_json ? *facts.fresh_json : none,
                                         *facts.live_json, lost_example_limit);
    file.lost_tasks = tasks.total.added;
    file.reset_tasks = tasks.total.status_changed;
    file.lost_keys = std::move(tasks.added);
  }
  if (facts.database) {
    for (const auto& [table, rows] : facts.database->lost_rows) {
      if (rows > 0) file.lost_rows[table] = rows;
    }
  }
  return file;
}

bool RestorePlan::changes_anything() const {
  return std::any_of(files.begin(), files.end(), [](const PlannedFile& file) {
    return file.action != PlannedAction::unchanged;
  });
}

}  // namespace a2a_backup
