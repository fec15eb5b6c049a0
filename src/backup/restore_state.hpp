// SPDX-License-Identifier: MIT
/// What one restore has in its hands between its staging and its end.
#pragma once

#include <set>
#include <vector>

#include "a2a_backup/backup/live_file.hpp"
#include "a2a_backup/backup/restore.hpp"
#include "a2a_backup/backup/restore_engine.hpp"
#include "a2a_backup/backup/restore_journal.hpp"
#include "a2a_backup/core/file_lock.hpp"

namespace a2a_backup {

/// A live place, and the proven content that waits for it.
struct Prepared {
  Target target;
  PlanFacts facts;
};

struct Restore::State {
  /// Locks the root. Throws Error of kind `pending` when an interrupted restore waits.
  explicit State(RestoreOptions given);
  /// What was staged goes, unless a journal says that it is needed.
  ~State();
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  /// The work area from which `live` is reached, ready.
  fs::path area_for(const std::string& entry, const fs::path& live);

  /// Takes in what stands in the fresh slot, of which the digest is known unless it is absent.
  void add(Prepared item, Content content);

  /// Looks at what is live, and plans the files.
  void make_plan(const LiveAccess& access);

  /// Keeps what is live in the undo folders; nothing live is changed by that. The targets get their
  /// old slots. Returns the databases, which stay locked.
  HeldDatabases keep_live(Journal& journal, const LiveAccess& access);

  /// Commits: from then on the journal says what is to be done.
  void commit(const Journal& journal);

  RestoreOptions options;
  FileLock lock;
  std::set<fs::path> areas;
  std::vector<Prepared> prepared;
  RestorePlan plan;
  bool committed = false;
};

}  // namespace a2a_backup
