// SPDX-License-Identifier: MIT
#include "a2a_backup/backup/prune.hpp"

#include <set>

#include "a2a_backup/core/interrupt.hpp"
#include "a2a_backup/core/text.hpp"

namespace a2a_backup {
namespace {

Error stopped(const Error& cause, const PruneResult& result, std::size_t wanted) {
  const std::size_t left = wanted - result.removed.size();
  const std::string message = cause.message() + "; " + std::to_string(result.removed.size()) +
                              " of " + plural(wanted, "backup") + " removed, the oldest first";
  if (left == 0) return {cause.kind(), message, cause.hint()};
  return {cause.kind(), message,
          "nothing else was touched; run 'a2a-backup prune' again when the cause is gone"};
}

void remove_each(Store& store, const std::vector<const BackupInfo*>& oldest_first,
                 PruneResult& result) {
  for (const BackupInfo* backup : oldest_first) {
    check_interrupt();
    store.remove(backup->name);
    result.removed.push_back(backup->name);
    result.freed += backup->size;
  }
}

}  // namespace

std::vector<RetentionDecision> plan_prune(const Store& store, const RetentionPolicy& policy) {
  return apply_retention(list_backups(store), policy, now());
}

PruneResult remove_backups(Store& store, const std::vector<RetentionDecision>& plan) {
  std::vector<const BackupInfo*> oldest_first;
  for (auto decision = plan.rbegin(); decision != plan.rend(); ++decision) {
    if (!decision->keep) oldest_first.push_back(&decision->backup);
  }
  PruneResult result;
  if (oldest_first.empty()) return result;
  std::optional<Error> problem;
  try {
    remove_each(store, oldest_first, result);
  } catch (const Error& error) {
    (error.kind() == ErrorKind::refused ? result.denial : problem) = error;
  }
  try {
    if (!result.removed.empty()) store.sync();
  } catch (const Error& error) {
    if (!problem) problem = error;
  }
  if (problem) result.problem = stopped(*problem, result, oldest_first.size());
  return result;
}

PruneResult remove_agreed(Store& store, const RetentionPolicy& policy,
                          const std::vector<RetentionDecision>& agreed) {
  std::set<std::string> names;
  for (const RetentionDecision& decision : agreed) {
    if (!decision.keep) names.insert(decision.backup.name);
  }
  std::vector<RetentionDecision> plan = plan_prune(store, policy);
  for (RetentionDecision& decision : plan) {
    if (!names.contains(decision.backup.name)) decision.keep = true;
  }
  return remove_backups(store, plan);
}

}  // namespace a2a_backup
