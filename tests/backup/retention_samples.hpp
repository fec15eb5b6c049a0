// SPDX-License-Identifier: MIT
/// Backups that are only descriptions, and what the rules say to them in one line.
#pragma once

#include <string>
#include <vector>

#include "a2a_backup/archive/entry_name.hpp"
#include "a2a_backup/backup/retention.hpp"
#include "catch.hpp"

namespace a2a_backup::test {

inline TimePoint time_at(const std::string& text) {
  return parse_time(text).value();
}

/// A good backup of ours, called after its time.
inline BackupInfo sample_at(TimePoint time) {
  BackupInfo backup;
  backup.name = std::string(backup_prefix) + format_compact(time) + ".zip";
  backup.size = 1000;
  backup.time = time;
  backup.state = BackupState::good;
  backup.metadata.emplace().timestamp = time;
  return backup;
}
inline BackupInfo sample_at(const std::string& time) {
  return sample_at(time_at(time));
}

inline std::vector<BackupInfo> samples_at(const std::vector<std::string>& times) {
  std::vector<BackupInfo> backups;
  for (const std::string& time : times) backups.push_back(sample_at(time));
  return backups;
}

/// Long after everything in these tests.
inline const TimePoint much_later = time_at("2040-01-01");

inline std::vector<std::string> kept_names(const std::vector<RetentionDecision>& decisions) {
  std::vector<std::string> names;
  for (const RetentionDecision& decision : decisions) {
    if (decision.keep) names.push_back(decision.backup.name);
  }
  return names;
}

/// The times of what is kept, the newest first, as far as to the minute.
inline std::vector<std::string> kept_times(std::vector<BackupInfo> backups,
                                           const RetentionPolicy& policy,
                                           TimePoint time = much_later) {
  std::vector<std::string> times;
  for (const RetentionDecision& decision : apply_retention(std::move(backups), policy, time)) {
    if (decision.keep) times.push_back(format_rfc3339(decision.backup.time).substr(0, 16));
  }
  return times;
}

/// "keep: reason; reason" of each, the newest first.
inline std::vector<std::string> verdicts(std::vector<BackupInfo> backups,
                                         const RetentionPolicy& policy,
                                         TimePoint time = much_later) {
  std::vector<std::string> lines;
  for (const RetentionDecision& decision : apply_retention(std::move(backups), policy, time)) {
    std::string line = decision.keep ? "keep" : "remove";
    for (const std::string& reason : decision.reasons) {
      line += (line.find(':') == std::string::npos ? ": " : "; ") + reason;
    }
    lines.push_back(line);
  }
  return lines;
}

}  // namespace a2a_backup::test
