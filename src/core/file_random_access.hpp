// SPDX-License-Identifier: MIT
/// A local file at random, by its descriptor.
#pragma once

#include "a2a_backup/core/file.hpp"

namespace a2a_backup {

class FileRandomAccess : public RandomAccess {
 public:
  /// Throws Error of `kind` when it is not a regular file.
  FileRandomAccess(UniqueFd fd, std::string name, ErrorKind kind);

  std::uint64_t size() const override { return size_; }
  const std::string& name() const override { return name_; }
  void read_at(std::uint64_t offset, std::span<std::byte> buffer) const override;

 private:
  UniqueFd fd_;
  std::string name_;
  ErrorKind kind_;
  std::uint64_t size_ = 0;
};

}  // namespace a2a_backup
