// SPDX-License-Identifier: MIT
#include "zip_end_record.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "a2a_backup/core/text.hpp"
#include "zip_structures.hpp"

namespace a2a_backup {
namespace {

constexpr std::uint32_t end_signature = 0x06054b50;
constexpr std::uint32_t zip64_end_signature = 0x06064b50;
constexpr std::uint32_t zip64_locator_signature = 0x07064b50;
constexpr std::size_t end_size = 22;
constexpr std::size_t zip64_locator_size = 20;
constexpr std::size_t zip64_end_size = 56;
constexpr std::uint64_t zip64_end_payload = zip64_end_size - 12;  ///< as its size field counts
constexpr std::uint64_t max_comment = 65535;

std::vector<std::byte> read_tail(const RandomAccess& file, std::uint64_t size) {
  std::vector<std::byte> tail(static_cast<std::size_t>(std::min(size, file.size())));
  file.read_at(file.size() - tail.size(), tail);
  return tail;
}

/// How many bytes follow the last end record in the file that has a directory before it.
std::optional<std::uint64_t> bytes_after_end(const RandomAccess& file) {
  const std::vector<std::byte> data = read_tail(file, max_comment + end_size);
  const Bytes tail(data);
  const std::uint64_t start = file.size() - tail.size();
  for (std::size_t at = tail.size() - end_size; at-- > 0;) {
    if (le32(tail, at) != end_signature) continue;
    const std::uint64_t directory_end = std::uint64_t{le32(tail, at + 12)} + le32(tail, at + 16);
    if (directory_end <= start + at) return tail.size() - at - end_size;
  }
  return std::nullopt;
}

/// Says why the file does not end in an end record, as plainly as can be found out.
[[noreturn]] void refuse_without_end(const RandomAccess& file) {
  if (file.size() == 0) {
    refuse_archive(file, "is empty (0 bytes)",
                   "the disk was full or a copy failed; choose an older backup with "
                   "'a2a-backup list'");
  }
  std::array<std::byte, 1> first{};
  file.read_at(0, first);
  if (first[0] == std::byte{'<'}) {
    refuse_archive(file, "is a web page, not a zip",
                   "the download failed or asked for a login; download the backup again");
  }
  if (file.size() >= end_size) {
    if (const auto extra = bytes_after_end(file)) {
      refuse_archive(file, "goes on for " + plural(*extra, "byte") + " after its end",
                     "something was added to it, which a backup never has; choose another one "
                     "with 'a2a-backup list'");
    }
  }
  refuse_archive(file, "is not a zip or is cut off");
}

/// Takes the numbers of the zip64 record; one that the end record gives as well must be the same.
void merge(const RandomAccess& file, std::uint64_t& value, std::uint64_t saturated,
           std::uint64_t wide) {
  if (value != saturated && value != wide) {
    refuse_archive(file, "has two end records that contradict each other");
  }
  value = wide;
}

/// Reads what `tail` (the last bytes of the file) holds before the end record, and returns where
/// the directory has to end.
std::uint64_t merge_zip64(const RandomAccess& file, Bytes tail, EndRecord& record) {
  const std::uint64_t end_offset = file.size() - end_size;
  if (tail.size() < end_size + zip64_locator_size) return end_offset;
  const Bytes locator =
      tail.subspan(tail.size() - end_size - zip64_locator_size, zip64_locator_size);
  if (le32(locator, 0) != zip64_locator_signature) return end_offset;
  if (tail.size() < end_size + zip64_locator_size + zip64_end_size) {
    refuse_archive(file, "has a damaged zip64 end record");
  }
  const std::uint64_t zip64_offset = end_offset - zip64_locator_size - zip64_end_size;
  const Bytes wide = tail.first(zip64_end_size);
  if (le32(locator, 4) != 0 || le32(locator, 16) > 1 || le32(wide, 16) != 0 ||
      le32(wide, 20) != 0) {
    refuse_archive(file, "is a part of a split archive");
  }
  if (le64(locator, 8) != zip64_offset || le32(wide, 0) != zip64_end_signature ||
      le64(wide, 4) != zip64_end_payload || le64(wide, 24) != le64(wide, 32)) {
    refuse_archive(file, "has a damaged zip64 end record");
  }
  merge(file, record.entries, saturated_16, le64(wide, 32));
  merge(file, record.directory_size, saturated_32, le64(wide, 40));
  merge(file, record.directory_offset, saturated_32, le64(wide, 48));
  return zip64_offset;
}

void check_limits(const RandomAccess& file, const EndRecord& record, std::uint64_t directory_end) {
  if (record.entries == 0) refuse_archive(file, "holds no files");
  if (record.entries > max_entries) {
    refuse_archive(file, "announces " + format_count(record.entries) + " entries, more than the " +
                             format_count(max_entries) + " that are read");
  }
  if (record.directory_size > max_directory_size) {
    refuse_archive(file, "announces a directory of " + format_bytes(record.directory_size) +
                             ", more than the " + format_bytes(max_directory_size) +
                             " that are read");
  }
  if (record.directory_offset > directory_end ||
      directory_end - record.directory_offset != record.directory_size) {
    refuse_archive(file,
                   "does not have its directory where its end record says: bytes are missing or "
                   "something was put before it");
  }
}

}  // namespace

EndRecord read_end_record(const RandomAccess& file) {
  const std::vector<std::byte> data =
      read_tail(file, zip64_end_size + zip64_locator_size + end_size);
  if (data.size() < end_size) refuse_without_end(file);
  const Bytes tail(data);
  const Bytes end = tail.last(end_size);
  if (le32(end, 0) != end_signature) refuse_without_end(file);
  if (le16(end, 20) != 0) {
    refuse_archive(file, "is cut off: its end record announces a comment that is not there");
  }
  if (le16(end, 4) != 0 || le16(end, 6) != 0) {
    refuse_archive(file, "is a part of a split archive");
  }
  if (le16(end, 8) != le16(end, 10)) {
    refuse_archive(file, "has an end record that contradicts itself");
  }
  EndRecord record{le16(end, 10), le32(end, 12), le32(end, 16)};
  const std::uint64_t directory_end = merge_zip64(file, tail, record);
  check_limits(file, record, directory_end);
  return record;
}

}  // namespace a2a_backup
