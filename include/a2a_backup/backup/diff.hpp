// SPDX-License-Identifier: MIT
/// What differs between two backups, or between a backup and the live system.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "a2a_backup/backup/catalog.hpp"
#include "a2a_backup/backup/task_difference.hpp"
#include "a2a_backup/core/progress.hpp"
#include "a2a_backup/source/sqlite_diff.hpp"

namespace a2a_backup {

struct DiffOptions {
  std::vector<std::string> only;  ///< globs over entry names; empty means all
  std::size_t task_limit = 0;     ///< so many single tasks are listed
  std::chrono::milliseconds lock_timeout{10'000};
};

/// One side of a comparison: its entries as proven private copies, but for a live database, which
/// stays where it is when it is SQLite, and is dumped when it is PostgreSQL.
struct DiffSide {
  struct File {
    fs::path path;
    std::string sha256;                         ///< empty for a live database
    JsonSummary summary;                        ///< with marks, of a task file
    std::map<std::string, std::uint64_t> rows;  ///< per table, of a PostgreSQL dump
    std::string problem;                        ///< why it cannot be compared; empty when it can
  };
  std::string name;
  bool live = false;
  std::map<std::string, File> files;  ///< by entry name
};

/// The backup's entries, extracted into the private folder `folder`. Throws Error of kind
/// `archive`.
DiffSide diff_side_of(SelectedBackup& backup, const fs::path& folder, const DiffOptions& options,
                      Progress& progress);

/// The live system at `root` with the database that locate_database() finds. The files are copied
/// into `folder`; one that is broken is a problem in the result, not an Error.
DiffSide diff_side_of_live(const fs::path& root, const std::optional<std::string>& database,
                           const fs::path& folder, const DiffOptions& options);

enum class EntryChange : std::uint8_t { same, added, removed, changed, unreadable };
std::string_view change_name(EntryChange change);

struct EntryDiff {
  std::string entry;
  EntryChange change = EntryChange::same;
  std::string problem;                  ///< unreadable: why
  std::optional<TaskDifference> tasks;  ///< of a task file
  std::optional<DatabaseDiff> database;
};

struct TaskChange {
  std::string entry;
  std::string change;  ///< "added", "removed" or "changed"
  TaskLine task;       ///< as it is after the change; a removed one as it was
  std::string status_before;
};

struct Diff {
  std::string before;
  std::string after;
  std::vector<EntryDiff> entries;  ///< by name
  std::vector<TaskChange> tasks;   ///< single ones, as many as were asked for
  std::uint64_t more_tasks = 0;    ///< how many more there are

  bool identical() const;
};

/// From `before` to `after`; at most one of them is live. Throws Error of kind `busy` when a live
/// database stays locked.
Diff compare_sides(const DiffSide& before, const DiffSide& after, const DiffOptions& options);

}  // namespace a2a_backup
