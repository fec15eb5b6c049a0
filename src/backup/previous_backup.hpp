// SPDX-License-Identifier: MIT
/// The backups before the one that is being made: what it is compared with, and takes from.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "a2a_backup/archive/packed_entry.hpp"
#include "a2a_backup/backup/catalog.hpp"

namespace a2a_backup {

/// Looks at the store when it is first asked, and once. The pointers it gives live as long as it.
class PreviousBackup {
 public:
  explicit PreviousBackup(std::shared_ptr<Store> store) : store_(std::move(store)) {}

  /// What `latest` means, which may be encrypted or of version 1; nullptr when there is none.
  const BackupInfo* latest();
  /// The newest one that says what it holds; nullptr when there is none.
  const BackupInfo* newest_good();

  /// The entry of the newest good one, if that is on this machine, with chunks of that level to
  /// take over; nullptr when there is none, or it cannot be used.
  std::shared_ptr<const PackedEntry> packed(const std::string& entry, int level);
  /// What was taken over turned out to be bad: from now on packed() has nothing.
  void distrust();

  const Store& store() const { return *store_; }

 private:
  const std::vector<BackupInfo>& list();
  void open_newest_good();

  std::shared_ptr<Store> store_;
  std::optional<std::vector<BackupInfo>> backups_;
  bool looked_for_file_ = false;
  std::shared_ptr<const RandomAccess> file_;  ///< of the newest good one
  std::optional<BackupFile> opened_;          ///< the same
};

}  // namespace a2a_backup
