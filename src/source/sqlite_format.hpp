// SPDX-License-Identifier: MIT
/// What is read and written here of SQLite's file format (https://www.sqlite.org/fileformat2.html).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace a2a_backup {

/// SQLite locks bytes of the page at this offset, and never uses it.
inline constexpr std::uint64_t lock_byte = 0x40000000;

/// Offsets in the header of a database.
namespace header {
inline constexpr std::size_t page_size = 16;  ///< two bytes, 1 for 65536
inline constexpr std::size_t versions = 18;   ///< two bytes, for writing and reading: 1 without log
inline constexpr std::size_t reserved = 20;   ///< bytes at the end of each page
inline constexpr std::size_t changes = 24;
inline constexpr std::size_t page_count = 28;  ///< counts when `changes` and `valid_for` agree
inline constexpr std::size_t schema_cookie = 40;
inline constexpr std::size_t valid_for = 92;  ///< the value of `changes` when the next was written
inline constexpr std::size_t written_by = 96;
inline constexpr std::size_t size = 100;
}  // namespace header

inline std::uint32_t big_endian(std::span<const std::byte> bytes) {
  std::uint32_t value = 0;
  for (const std::byte byte : bytes.first(4)) value = value << 8U | std::to_integer<unsigned>(byte);
  return value;
}

inline std::uint32_t big_endian16(std::span<const std::byte> bytes) {
  return std::to_integer<std::uint32_t>(bytes[0]) << 8U | std::to_integer<std::uint32_t>(bytes[1]);
}

/// Of a database, by its header.
inline std::uint32_t page_size_in(std::span<const std::byte> bytes) {
  const std::uint32_t size = big_endian16(bytes.subspan(header::page_size));
  return size == 1 ? 65536 : size;
}

inline void put_big_endian(std::span<std::byte> bytes, std::uint32_t value) {
  for (std::size_t i = 4; i-- > 0; value >>= 8U) bytes[i] = static_cast<std::byte>(value);
}

}  // namespace a2a_backup
