// SPDX-License-Identifier: MIT
#include "create_locks.hpp"

#include <unistd.h>

#include "a2a_backup/store/local_store.hpp"

namespace a2a_backup {

BackupFolder::BackupFolder(const fs::path& path) : path_(path), existed_(fs::exists(path)) {
  LocalStore(path).prepare();
}

BackupFolder::~BackupFolder() {
  if (existed_) return;
  try {
    const FileLock lock(path_, FileLock::Mode::exclusive, {});
    rmdir(path_.c_str());
  } catch (const Error&) {
    // Another run is at work in it.
  }
}

CreateLocks::CreateLocks(const CreateOptions& options) {
  const bool publishes = !options.output && !options.deliver && !options.dry_run && !options.store;
  if (publishes) folder_.emplace(options.backup_dir);
  std::error_code gone;
  const bool one =
      publishes && !options.from && fs::equivalent(options.root, options.backup_dir, gone);
  if (!options.from) {
    root_.emplace(options.root, one ? FileLock::Mode::exclusive : FileLock::Mode::shared,
                  options.lock_timeout);
  }
  if (publishes && !one) lock_folder(options);
}

/// Whoever made the folder may have taken it away again, while its lock or that of the root was
/// waited for.
void CreateLocks::lock_folder(const CreateOptions& options) {
  for (;;) {
    try {
      backups_.emplace(options.backup_dir, FileLock::Mode::exclusive, options.lock_timeout);
      if (backups_->holds()) return;
    } catch (const Error&) {
      if (fs::exists(options.backup_dir)) throw;
    }
    folder_.emplace(options.backup_dir);
  }
}

}  // namespace a2a_backup
