// SPDX-License-Identifier: MIT
/// Lets libzip read a RandomAccess, and of it only what it ought to see.
#pragma once

#include <zip.h>

#include <cstdint>
#include <span>
#include <vector>

#include "a2a_backup/core/io.hpp"
#include "zip_callback_errors.hpp"

namespace a2a_backup {

/// The state behind a read-only zip_source_function. Bytes outside the window read as zeros: what
/// the checks before libzip did not approve of does not reach it, whatever it goes looking for.
class ZipWindowSource {
 public:
  /// `file` and this object must outlive the zip_source_t; the window is empty at first.
  explicit ZipWindowSource(const RandomAccess& file);
  ~ZipWindowSource();
  ZipWindowSource(const ZipWindowSource&) = delete;
  ZipWindowSource& operator=(const ZipWindowSource&) = delete;

  /// Shows the bytes from `begin` up to `end`, offsets in the file.
  void show(std::uint64_t begin, std::uint64_t end);

  /// Throws what the file threw while libzip was reading it, if anything.
  void rethrow() { errors_.rethrow(); }

  /// The zip_source_callback; `self` is a ZipWindowSource.
  static zip_int64_t callback(void* self, void* data, zip_uint64_t length, zip_source_cmd_t cmd);

 private:
  zip_int64_t handle(void* data, zip_uint64_t length, zip_source_cmd_t cmd);
  zip_int64_t read(std::span<std::byte> out);
  void fetch(std::uint64_t offset, std::span<std::byte> out);

  const RandomAccess& file_;
  CallbackErrors errors_;
  zip_error_t error_{};
  std::uint64_t position_ = 0;
  std::uint64_t begin_ = 0;
  std::uint64_t end_ = 0;
  std::vector<std::byte> buffer_;
  std::uint64_t buffer_offset_ = 0;
};

}  // namespace a2a_backup
