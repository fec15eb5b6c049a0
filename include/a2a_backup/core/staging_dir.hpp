// SPDX-License-Identifier: MIT
/// A private folder for work in progress that disappears with its owner.
#pragma once

#include "a2a_backup/core/file.hpp"

namespace a2a_backup {

/// A new 0700 folder `<parent>/.a2a-backup-stage.XXXXXX`, removed by the destructor. The owner
/// holds a lock on it, so that the next run can tell a dead run's folder from a living one's.
class StagingDir {
 public:
  explicit StagingDir(const fs::path& parent);
  ~StagingDir();
  StagingDir(const StagingDir&) = delete;
  StagingDir& operator=(const StagingDir&) = delete;

  const fs::path& path() const { return path_; }

  /// Removes the folders in `parent` that dead runs of the same user left behind.
  static void remove_stale(const fs::path& parent);

 private:
  fs::path path_;
  UniqueFd lock_;
};

}  // namespace a2a_backup
