// SPDX-License-Identifier: MIT
/// Bytes on disk that no name leads to: whatever ends the process, nobody finds them afterwards.
#pragma once

#include <memory>
#include <string>

#include "a2a_backup/core/file.hpp"

namespace a2a_backup {

/// An empty file, mode 0600, for reading and writing; several threads may want one at once. It has
/// a name in the private folder `folder` for a moment, before the first byte is written; the space
/// is free again when the last descriptor is closed.
UniqueFd create_unnamed(const fs::path& folder);

/// The file behind a descriptor, which may be closed afterwards, as it is now. `name` is what to
/// call it in messages. Throws Error of `kind` as open_random_access() does.
std::unique_ptr<RandomAccess> random_access_to(int fd, std::string name,
                                               ErrorKind kind = ErrorKind::failed);

/// Reads `file`, which must outlive it, from its start to its end.
class RandomAccessReader : public Reader {
 public:
  explicit RandomAccessReader(const RandomAccess& file) : file_(file) {}
  std::size_t read(std::span<std::byte> buffer) override;

 private:
  const RandomAccess& file_;
  std::uint64_t position_ = 0;
};

}  // namespace a2a_backup
