// SPDX-License-Identifier: MIT
/// Removes the backups that no rule keeps.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "a2a_backup/backup/retention.hpp"

namespace a2a_backup {

/// What `policy` says to the backups in the store now. Throws what list_backups() and
/// apply_retention() throw.
std::vector<RetentionDecision> plan_prune(const Store& store, const RetentionPolicy& policy);

struct PruneResult {
  std::vector<std::string> removed;  ///< in that order, the oldest first
  std::uint64_t freed = 0;           ///< bytes
  std::optional<Error> problem;      ///< what stopped it; says how far it came
  std::optional<Error> denial;       ///< the store did not let go of the others: what it says
};

/// Removes what `plan` does not keep, the oldest first, and stops at the first problem or signal,
/// or where the store does not allow it, which is none: so may a key be that only writes. Nothing
/// is reported as removed that a power cut could bring back. The caller holds the lock.
PruneResult remove_backups(Store& store, const std::vector<RetentionDecision>& plan);

/// The same with a plan that somebody has agreed to, perhaps long after it was made: only what a
/// new plan removes as well. The caller holds the lock.
PruneResult remove_agreed(Store& store, const RetentionPolicy& policy,
                          const std::vector<RetentionDecision>& agreed);

}  // namespace a2a_backup
