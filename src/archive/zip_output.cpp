// SPDX-License-Identifier: MIT
#include "zip_output.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace a2a_backup {

ZipOutput::ZipOutput(int fd, const fs::path& path, CallbackErrors& errors)
    : path_(path), errors_(errors), fd_(fd), writeback_(fd) {
  zip_error_init(&error_);
}

zip_int64_t ZipOutput::callback(void* self, void* data, zip_uint64_t length, zip_source_cmd_t cmd) {
  auto& output = *static_cast<ZipOutput*>(self);
  return output.errors_.guard(output.error_, [&] { return output.handle(data, length, cmd); });
}

zip_int64_t ZipOutput::handle(void* data, zip_uint64_t length, zip_source_cmd_t cmd) {
  switch (cmd) {
    case ZIP_SOURCE_SUPPORTS:
      return zip_source_make_command_bitmap(
          ZIP_SOURCE_OPEN, ZIP_SOURCE_READ, ZIP_SOURCE_CLOSE, ZIP_SOURCE_STAT, ZIP_SOURCE_ERROR,
          ZIP_SOURCE_FREE, ZIP_SOURCE_SEEK, ZIP_SOURCE_TELL, ZIP_SOURCE_BEGIN_WRITE,
          ZIP_SOURCE_WRITE, ZIP_SOURCE_COMMIT_WRITE, ZIP_SOURCE_ROLLBACK_WRITE,
          ZIP_SOURCE_SEEK_WRITE, ZIP_SOURCE_TELL_WRITE, ZIP_SOURCE_REMOVE, -1);
    case ZIP_SOURCE_STAT:
      // To libzip the archive does not exist yet; this is how it tells "new" from "damaged".
      zip_error_set(&error_, ZIP_ER_READ, ENOENT);
      return -1;
    case ZIP_SOURCE_WRITE:
      write_all(fd_, std::span(static_cast<const std::byte*>(data), length), path_);
      writeback_.wrote(length);
      position_ += static_cast<zip_int64_t>(length);
      end_ = std::max(end_, position_);
      return static_cast<zip_int64_t>(length);
    case ZIP_SOURCE_SEEK_WRITE:
      return seek(data, length);
    case ZIP_SOURCE_TELL_WRITE:
      return position_;
    case ZIP_SOURCE_ERROR:
      return zip_error_to_data(&error_, data, length);
    default:
      return 0;
  }
}

zip_int64_t ZipOutput::seek(void* data, zip_uint64_t length) {
  const zip_int64_t target = zip_source_seek_compute_offset(
      static_cast<zip_uint64_t>(position_), static_cast<zip_uint64_t>(end_), data, length, &error_);
  if (target < 0) return -1;
  if (lseek(fd_, target, SEEK_SET) < 0) {
    throw system_error(ErrorKind::failed, "cannot write " + path_.string(), errno);
  }
  position_ = target;
  return 0;
}

}  // namespace a2a_backup
