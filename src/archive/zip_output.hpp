// SPDX-License-Identifier: MIT
/// Where libzip writes an archive to.
#pragma once

#include "a2a_backup/core/file.hpp"
#include "zip_callback_errors.hpp"

namespace a2a_backup {

/// An empty file as a zip source that can be written. libzip's own file output cannot be fsynced,
/// and leaves a temporary file of its own naming behind on a kill.
class ZipOutput {
 public:
  /// `path` is for messages.
  ZipOutput(int fd, const fs::path& path, CallbackErrors& errors);

  /// A zip_source_callback; `self` is the ZipOutput.
  static zip_int64_t callback(void* self, void* data, zip_uint64_t length, zip_source_cmd_t cmd);

 private:
  zip_int64_t handle(void* data, zip_uint64_t length, zip_source_cmd_t cmd);
  zip_int64_t seek(void* data, zip_uint64_t length);

  fs::path path_;
  CallbackErrors& errors_;
  int fd_;
  EarlyWriteback writeback_;
  zip_error_t error_{};
  zip_int64_t position_ = 0;
  zip_int64_t end_ = 0;  ///< libzip seeks back to fill in headers, then to the end again
};

}  // namespace a2a_backup
