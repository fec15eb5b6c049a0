// SPDX-License-Identifier: MIT
/// What a `create` keeps others away from, and where its backup goes.
#pragma once

#include <optional>

#include "a2a_backup/backup/create.hpp"
#include "a2a_backup/core/file_lock.hpp"

namespace a2a_backup {

/// Creates the backup folder when it is missing, and takes it away again when nothing came into it.
class BackupFolder {
 public:
  explicit BackupFolder(const fs::path& path);
  ~BackupFolder();
  BackupFolder(const BackupFolder&) = delete;
  BackupFolder& operator=(const BackupFolder&) = delete;

 private:
  fs::path path_;
  bool existed_;
};

/// Keeps a restore out of the root, and other runs out of the backup folder.
class CreateLocks {
 public:
  /// A lock on one folder conflicts with another one on it even within a run, so where backups live
  /// in the root itself, one has to do. A run that publishes elsewhere needs no backup folder.
  /// Throws Error of kind `busy` when another run does not end in time.
  explicit CreateLocks(const CreateOptions& options);

 private:
  void lock_folder(const CreateOptions& options);

  std::optional<BackupFolder> folder_;
  std::optional<FileLock> root_;
  std::optional<FileLock> backups_;
};

}  // namespace a2a_backup
