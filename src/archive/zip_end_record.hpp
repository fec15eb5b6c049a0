// SPDX-License-Identifier: MIT
/// The last bytes of a zip, which say where its directory stands.
#pragma once

#include <cstdint>

#include "a2a_backup/core/io.hpp"

namespace a2a_backup {

/// Sizes and offsets in bytes.
struct EndRecord {
  std::uint64_t entries = 0;
  std::uint64_t directory_size = 0;
  std::uint64_t directory_offset = 0;
};

inline constexpr std::uint64_t max_entries = 10'000;
inline constexpr std::uint64_t max_directory_size = std::uint64_t{8} << 20;

/// Reads the end record (APPNOTE 4.3.16) and, where there is one, the zip64 end record (4.3.14).
/// Throws Error of kind `archive` unless it stands exactly at the end of the file, without a
/// comment, the directory stands right before it, and the directory is within the limits above.
EndRecord read_end_record(const RandomAccess& file);

}  // namespace a2a_backup
