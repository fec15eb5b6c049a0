// SPDX-License-Identifier: MIT
/// Puts a backup back, safely.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "a2a_backup/backup/catalog.hpp"
#include "a2a_backup/backup/restore_plan.hpp"
#include "a2a_backup/core/progress.hpp"

namespace a2a_backup {

struct RestoreOptions {
  fs::path root;                        ///< absolute
  std::optional<std::string> database;  ///< path or URL of the live database; see locate_database()
  std::vector<std::string> only;        ///< globs over entry names; empty means all
  bool no_owner = false;                ///< of a PostgreSQL dump, see PostgresqlDump
  std::chrono::milliseconds lock_timeout{10'000};
  unsigned jobs = 1;  ///< threads, for looking at the live files
};

struct RestoreResult {
  std::vector<std::string> notes;  ///< what a person should know now
};

/// One restore into the live system: stage, look at the plan, commit. Until commit() nothing live
/// is touched, and what was staged goes with the object. The root is locked for its lifetime.
///
/// commit() keeps what it replaces, notes in a journal what it is about to do (from then on a crash
/// leaves Error kind `pending` for the next run), replaces the database in one transaction and the
/// files by rename, proves the result and keeps the old state for undo. Error kinds: `busy` when
/// the database stays locked (nothing changed), `rolled_back` when something failed and the old
/// state is back, `pending` when even that failed.
class Restore {
 public:
  /// Throws Error of kind `pending` when an interrupted restore waits.
  explicit Restore(RestoreOptions options);
  ~Restore();
  Restore(const Restore&) = delete;
  Restore& operator=(const Restore&) = delete;

  /// Extracts and proves what the backup holds.
  void stage(SelectedBackup& backup, Progress& progress);
  /// Prepares to put back what the last restore replaced. Throws Error of kind `not_found`.
  void stage_undo(Progress& progress);

  const RestorePlan& plan() const;
  RestoreResult commit(Progress& progress);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace a2a_backup
