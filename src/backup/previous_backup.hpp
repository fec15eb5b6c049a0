// SPDX-License-Identifier: MIT
/// The backups before the one that is being made: what it is compared with.
#pragma once

#include <memory>
#include <optional>
#include <vector>

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

  const Store& store() const { return *store_; }

 private:
  const std::vector<BackupInfo>& list();

  std::shared_ptr<Store> store_;
  std::optional<std::vector<BackupInfo>> backups_;
};

}  // namespace a2a_backup
