// SPDX-License-Identifier: MIT
/// Which backups are kept, and why: a pure function of what there is, of a policy and of the time.
/// The rules are restic's ("Removing snapshots according to a policy" in its manual), with the two
/// differences that apply_retention() names.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "a2a_backup/backup/catalog.hpp"

namespace a2a_backup {

/// Each rule that is set keeps some backups; what no rule keeps is removed. A count of 0 sets no
/// rule, one below 0 has no limit.
struct RetentionPolicy {
  int last = 0;                     ///< so many, the newest ones
  int hourly = 0;                   ///< the newest one of each hour that has one, so many hours
  int daily = 0;                    ///< the same by days, in UTC
  int weekly = 0;                   ///< by weeks from Monday to Sunday, as ISO 8601 counts them
  int monthly = 0;                  ///< by months
  int yearly = 0;                   ///< by years
  std::chrono::seconds within{0};   ///< all that are less than that older than the newest
  std::vector<std::string> tags{};  ///< all with a tag of that key, or that "key=value"

  bool empty() const;
};

struct RetentionDecision {
  BackupInfo backup;
  bool keep = true;
  std::vector<std::string> reasons;  ///< at least one, for people: "daily 3 of 30"
};

/// The decision about each backup, newest first. Time is what the backup says of itself.
///
/// Kept whatever the policy: the newest usable one; what is not ours, which is any other name than
/// is_backup_name() knows, an artifact or a symbolic link; what is broken. Unlike restic, what is
/// dated after `time` is kept too and fills no place: a clock that once ran ahead must not push out
/// the backups that are taken since. As in restic a rule by hours to years that has places left at
/// the oldest backup keeps that, so that the history is as long as it can be.
///
/// An empty policy keeps everything. Throws Error of kind `refused` when something would be removed
/// and no rule keeps anything (unlike restic's, the rules alone may not come to that).
std::vector<RetentionDecision> apply_retention(std::vector<BackupInfo> backups,
                                               const RetentionPolicy& policy, TimePoint time);

}  // namespace a2a_backup
