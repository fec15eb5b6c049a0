// SPDX-License-Identifier: MIT
#include "previous_backup.hpp"

#include <algorithm>

#include "a2a_backup/archive/entry_name.hpp"
#include "a2a_backup/core/interrupt.hpp"
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

void PreviousBackup::open_newest_good() {
  looked_for_file_ = true;
  // A store that is somewhere else is not even listed for this.
  if (!store_->local_path(std::string(backup_prefix))) return;
  const BackupInfo* newest = newest_good();
  if (newest == nullptr) return;
  file_ = store_->open(newest->name);
  opened_.emplace(file_);
}

/// Nothing that is wrong here is worth more than the time that it would have saved.
std::shared_ptr<const PackedEntry> PreviousBackup::packed(const std::string& entry, int level) {
  if (level == 0) return nullptr;  // then there is no time to save
  try {
    if (!looked_for_file_) open_newest_good();
    const ZipEntry* zipped = opened_ ? opened_->find(entry) : nullptr;
    const EntryRecord* record = opened_ ? opened_->metadata().find(entry) : nullptr;
    if (zipped == nullptr || record == nullptr) return nullptr;
    if (record->level != level || record->chunk_crc32s.empty()) return nullptr;
    return std::make_shared<PackedEntry>(file_, *zipped, record->chunk_size, record->chunks,
                                         record->chunk_crc32s);
  } catch (const Error& error) {
    if (is_signal(error)) throw;
    log::debug("nothing is taken over from an older backup: " + error.message());
    return nullptr;
  }
}

void PreviousBackup::distrust() {
  looked_for_file_ = true;
  opened_.reset();
}

}  // namespace a2a_backup
