// SPDX-License-Identifier: MIT
/// Many small reads, mostly one behind the other, as few large ones.
#pragma once

#include <vector>

#include "a2a_backup/core/io.hpp"

namespace a2a_backup {

/// Reads ahead more and more while pieces are asked for in order, and nothing when they are not.
/// For one thread; `file` must outlive it.
class ReadAhead {
 public:
  explicit ReadAhead(const RandomAccess& file) : file_(file) {}
  /// The bytes there, which must be inside the file. They are valid until the next call.
  std::span<const std::byte> fetch(std::uint64_t offset, std::size_t size);

 private:
  const RandomAccess& file_;
  std::vector<std::byte> window_;
  std::uint64_t start_ = 0;
};

}  // namespace a2a_backup
