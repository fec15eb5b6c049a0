// SPDX-License-Identifier: MIT
/// Reads a zip that nobody has vouched for.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "a2a_backup/archive/central_directory.hpp"
#include "a2a_backup/core/io.hpp"

namespace a2a_backup {

/// An archive whose directory passed read_central_directory(). Every error is of kind `archive` and
/// names the file and the entry.
class ZipReader {
 public:
  explicit ZipReader(std::shared_ptr<const RandomAccess> file,
                     NamePolicy policy = NamePolicy::backup);
  ~ZipReader();
  ZipReader(ZipReader&&) noexcept;
  ZipReader& operator=(ZipReader&&) noexcept;

  const std::vector<ZipEntry>& entries() const;
  const RandomAccess& file() const;

  /// The entry of that name, or nullptr.
  const ZipEntry* find(std::string_view name) const;

  /// The entry's content. The reader throws when the data does not inflate, when it yields more or
  /// fewer bytes than declared, or when its CRC-32 differs; only the final read (the one that
  /// returns 0) says that all was well. One reader at a time; it must not outlive the ZipReader.
  std::unique_ptr<Reader> open(const ZipEntry& entry);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace a2a_backup
