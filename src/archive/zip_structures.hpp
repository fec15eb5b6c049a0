// SPDX-License-Identifier: MIT
/// The records a zip is made of, taken from bytes that nobody has vouched for.
/// Source of the format: PKWARE APPNOTE.TXT 6.3.10, sections 4.3 to 4.6.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "a2a_backup/core/io.hpp"

namespace a2a_backup {

using Bytes = std::span<const std::byte>;

/// Little-endian numbers; `offset` and what follows must lie inside `bytes`.
std::uint16_t le16(Bytes bytes, std::size_t offset);
std::uint32_t le32(Bytes bytes, std::size_t offset);
std::uint64_t le64(Bytes bytes, std::size_t offset);

inline constexpr std::uint16_t saturated_16 = 0xffff;      ///< "see the zip64 record"
inline constexpr std::uint32_t saturated_32 = 0xffffffff;  ///< "see the zip64 record"

inline constexpr std::size_t central_header_size = 46;  ///< without name, extra field and comment
inline constexpr std::size_t local_header_size = 30;    ///< without name and extra field

namespace flag {
inline constexpr std::uint16_t encryption = 0x2041;  ///< encrypted, strongly so, masked headers
inline constexpr std::uint16_t level = 0x0006;       ///< how hard deflate tried
inline constexpr std::uint16_t streamed = 0x0008;    ///< a data descriptor follows the data
inline constexpr std::uint16_t utf8 = 0x0800;
}  // namespace flag

inline constexpr const char* other_backup_hint = "choose an older backup with 'a2a-backup list'";

/// Throws the Error that refuses the whole archive: "<file> <reason>".
[[noreturn]] void refuse_archive(const RandomAccess& file, const std::string& reason,
                                 std::string hint = other_backup_hint);

/// Which entry is being looked at, for messages.
struct EntryPlace {
  const RandomAccess& file;
  std::string_view name;

  /// Throws the Error that refuses the archive for this entry: "<file>: entry '<name>' <reason>".
  [[noreturn]] void refuse(const std::string& reason, std::string hint = other_backup_hint) const;
};

/// What the central and the local header of an entry both say.
struct HeaderFields {
  std::string_view name;  ///< into the bytes that were parsed
  std::uint16_t flags = 0;
  std::uint16_t method = 0;
  std::uint32_t crc32 = 0;
  std::uint64_t compressed_size = 0;
  std::uint64_t size = 0;
  std::size_t length = 0;  ///< of the whole header with its variable parts, in bytes
};

struct CentralHeader : HeaderFields {
  std::uint8_t version_needed = 0;  ///< of the format, times 10
  std::uint32_t attributes = 0;     ///< Unix mode in the upper half, MS-DOS attributes in the lower
  std::uint64_t local_offset = 0;   ///< of the local header, in the file
};

/// The header at the start of `bytes`, which is what is left of the directory. Numbers come from
/// the zip64 field where they have to. Refuses what is cut off or contradicts itself.
CentralHeader parse_central_header(const RandomAccess& file, Bytes bytes);

/// How long the local header at the start of `bytes` is; at least local_header_size bytes must be
/// there. Refuses when it is no local header.
std::size_t local_header_length(const EntryPlace& place, Bytes bytes);

/// The local header that fills `bytes`.
HeaderFields parse_local_header(const EntryPlace& place, Bytes bytes);

/// Whether `bytes`, all that stands between an entry's data and what follows, is a data descriptor
/// that says the same as `entry`: with or without a signature, 32 or 64 bits.
bool is_descriptor_of(const HeaderFields& entry, Bytes bytes);

}  // namespace a2a_backup
