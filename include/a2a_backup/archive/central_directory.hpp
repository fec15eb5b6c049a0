// SPDX-License-Identifier: MIT
/// Reads and distrusts the directory of a zip, before any library sees it.
/// Source of the format: PKWARE APPNOTE.TXT 6.3.10, sections 4.3 and 4.5.3 (zip64).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "a2a_backup/core/io.hpp"

namespace a2a_backup {

/// An entry as both of its headers agree on it. Sizes and offsets in bytes.
struct ZipEntry {
  std::string name;
  std::uint16_t method = 0;  ///< 0 stored, 8 deflate
  std::uint32_t crc32 = 0;
  std::uint64_t compressed_size = 0;
  std::uint64_t size = 0;
  std::uint64_t data_offset = 0;  ///< where the compressed bytes start in the file
};

/// What names an archive may hold.
enum class NamePolicy : std::uint8_t {
  backup,   ///< those of entry_name.hpp
  wrapper,  ///< any safe relative path: the zip around our zips that GitHub makes of an artifact
};

/// The entries in the order of the directory. Throws Error of kind `archive`, naming the file, the
/// entry and the reason, unless all of this holds: the end record stands exactly at the end and its
/// counts, sizes and offsets agree (also with zip64 records where they are); one disk; at most
/// 10,000 entries and 8 MiB of directory; the entries cover the file from its first byte to the
/// directory without an overlap or a gap beyond a data descriptor; every entry is an unencrypted
/// regular file, stored or deflated, with a name `policy` allows, no two alike but for case;
/// local and central headers agree.
std::vector<ZipEntry> read_central_directory(const RandomAccess& file, NamePolicy policy);

}  // namespace a2a_backup
