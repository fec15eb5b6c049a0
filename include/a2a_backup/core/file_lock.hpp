// SPDX-License-Identifier: MIT
/// One run at a time in a folder.
#pragma once

#include <chrono>

#include "a2a_backup/core/file.hpp"

namespace a2a_backup {

/// An advisory lock (flock) on a folder itself, so nothing has to be cleaned up after a crash.
/// Where the file system refuses that (NFS), a file `.a2a-backup.lock` in it is locked instead.
class FileLock {
 public:
  enum class Mode : std::uint8_t { shared, exclusive };

  /// Waits up to `timeout`; throws Error of kind `busy` that names `dir` after that.
  FileLock(const fs::path& dir, Mode mode, std::chrono::milliseconds timeout);

  /// Whether that is still the folder of this name. When it was removed while this waited, and
  /// perhaps made again, nobody is kept out of it.
  bool holds() const;

 private:
  fs::path path_;  ///< of what is locked
  UniqueFd fd_;
};

}  // namespace a2a_backup
