// SPDX-License-Identifier: MIT
/// Is there anything new to back up?
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "a2a_backup/core/progress.hpp"
#include "capture.hpp"
#include "previous_backup.hpp"

namespace a2a_backup {

/// How a comparison is done, and what comes of it besides the answer.
struct Comparison {
  const CreateOptions& options;
  PreviousBackup& previous;
  Progress& progress;
  std::vector<std::string>& remarks;  ///< gets what a person should know about this run
};

/// With `if_changed`, and when the latest backup holds the same entries as `sources`, which are
/// captured, with equal SHA-256s: the result that says so. One on this machine is read back as
/// well: it stands in for a new one, so it must be as good.
std::optional<CreateResult> find_unchanged(const Comparison& comparison, const Sources& sources);

/// The same for entries whose digests are known.
std::optional<CreateResult> find_unchanged(const Comparison& comparison,
                                           const std::vector<EntryRecord>& entries);

}  // namespace a2a_backup
