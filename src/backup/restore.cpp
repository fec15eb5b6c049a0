// SPDX-License-Identifier: MIT
#include "a2a_backup/backup/restore.hpp"

#include <algorithm>

#include "a2a_backup/archive/entry_name.hpp"
#include "a2a_backup/backup/restore_engine.hpp"
#include "a2a_backup/backup/staged_backup.hpp"
#include "a2a_backup/backup/work_area.hpp"
#include "restore_access.hpp"
#include "restore_state.hpp"

namespace a2a_backup {

Restore::Restore(RestoreOptions options) {
  if (!fs::is_directory(options.root)) {
    throw Error(
        ErrorKind::refused, "there is no folder " + options.root.string(),
        "name the a2a-system's folder with -C DIR, or restore into a new one with --to DIR");
  }
  state_ = std::make_unique<State>(std::move(options));
}
Restore::~Restore() = default;

const RestorePlan& Restore::plan() const {
  return state_->plan;
}

RestoreResult Restore::commit(Progress& progress) {
  State& state = *state_;
  const fs::path& root = state.options.root;
  progress.phase("swap", 0);
  Journal journal;
  journal.number = newest_undo(root_work_area(root)) + 1;
  journal.created = now();
  journal.what = state.plan.what;
  for (std::size_t i = 0; i < state.prepared.size(); ++i) {
    if (state.plan.files[i].action == PlannedAction::unchanged) continue;
    journal.targets.push_back(state.prepared[i].target);
  }
  if (journal.targets.empty()) return {};
  // The database first: it is the one that can be busy, and then nothing has been changed yet.
  std::stable_partition(journal.targets.begin(), journal.targets.end(),
                        [](const Target& target) { return is_database_entry(target.entry); });
  const LiveAccess access = access_to(journal.targets, state.options);
  HeldDatabases held = state.keep_live(journal, access);
  state.commit(journal);
  return {carry_out(root, journal, std::move(held), access)};
}

}  // namespace a2a_backup
