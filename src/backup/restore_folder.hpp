// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include "a2a_backup/core/file.hpp"

namespace a2a_backup {

/// The new folder for the restore. It goes with its owner, unless it is the data directory by then:
/// what has its name at that time may be something else, and is then left alone.
class RestoreFolder {
 public:
  /// Makes it, as `owner`'s, with the group of `data` where that is there. Throws Error of kind
  /// `failed`.
  RestoreFolder(const fs::path& path, const fs::path& data, uid_t owner);
  ~RestoreFolder();
  RestoreFolder(const RestoreFolder&) = delete;
  RestoreFolder& operator=(const RestoreFolder&) = delete;

 private:
  fs::path path_;
  ino_t identity_ = 0;
};

}  // namespace a2a_backup
