// SPDX-License-Identifier: MIT
#include "previous_backup.hpp"

#include <algorithm>

#include "a2a_backup/core/log.hpp"

namespace a2a_backup {

const std::vector<BackupInfo>& PreviousBackup::list() {
  if (!backups_) backups_ = list_backups(*store_);
  return *backups_;
}

const BackupInfo* PreviousBackup::latest() {
  const auto found = std::find_if(list().begin(), list().end(),
                                  [](const BackupInfo& info) { return info.usable(); });
  return found == list().end() ? nullptr : &*found;
}

const BackupInfo* PreviousBackup::newest_good() {
  for (const BackupInfo& info : list()) {
    if (info.state == BackupState::good && info.metadata) return &info;
    log::debug("not compared with " + info.name + ", which does not say what it holds");
  }
  return nullptr;
}

}  // namespace a2a_backup
