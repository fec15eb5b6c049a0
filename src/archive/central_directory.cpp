// SPDX-License-Identifier: MIT
#include "a2a_backup/archive/central_directory.hpp"

#include <algorithm>
#include <string_view>

#include "a2a_backup/archive/entry_name.hpp"
#include "a2a_backup/core/text.hpp"
#include "safe_path.hpp"
#include "zip_end_record.hpp"
#include "zip_layout.hpp"
#include "zip_structures.hpp"

namespace a2a_backup {
namespace {

constexpr std::uint16_t method_stored = 0;
constexpr std::uint16_t method_deflate = 8;
constexpr std::uint64_t max_deflate_ratio = 1032;  ///< 258 bytes from two bits

bool is_folder(const CentralHeader& header) {
  return header.name.ends_with('/');
}

/// The name without the slash that marks a folder.
std::string_view path_of(const CentralHeader& header) {
  return header.name.substr(0, header.name.size() - (is_folder(header) ? 1 : 0));
}

std::vector<CentralHeader> parse_directory(const RandomAccess& file, Bytes directory,
                                           std::uint64_t count) {
  std::vector<CentralHeader> headers;
  for (std::uint64_t i = 0; i < count; ++i) {
    headers.push_back(parse_central_header(file, directory));
    directory = directory.subspan(headers.back().length);
  }
  if (!directory.empty()) {
    refuse_archive(file, "has a damaged directory: more entries than it announces");
  }
  return headers;
}

void check_name(const EntryPlace& place, const CentralHeader& header, NamePolicy policy) {
  if (policy == NamePolicy::backup && is_folder(header)) {
    place.refuse("is a folder, which a backup does not hold",
                 "if you packed the backup again, leave folders out, for example with 'zip -D'");
  }
  // An unsafe path is called that, also where only a few fixed names are allowed.
  std::string problem = unsafe_path_problem(path_of(header));
  if (problem.empty() && policy == NamePolicy::backup) problem = entry_name_problem(header.name);
  if (!problem.empty()) place.refuse(problem);
}

/// The upper half of the attributes is a Unix mode whatever system the entry claims to come from,
/// because programs that unpack take it for one. Permissions in it are never applied.
void check_type(const EntryPlace& place, const CentralHeader& header) {
  constexpr std::uint32_t type_mask = 0170000;
  constexpr std::uint32_t regular = 0100000;
  constexpr std::uint32_t folder = 0040000;
  constexpr std::uint32_t link = 0120000;
  constexpr std::uint32_t dos_volume_or_folder = 0x18;
  const std::uint32_t type = (header.attributes >> 16U) & type_mask;
  if (type == link) place.refuse("is a symbolic link");
  const bool wrong_type = type != 0 && type != (is_folder(header) ? folder : regular);
  const bool wrong_dos_type = !is_folder(header) && (header.attributes & dos_volume_or_folder) != 0;
  if (wrong_type || wrong_dos_type) place.refuse("is not a regular file");
}

void check_content(const EntryPlace& place, const CentralHeader& header) {
  if ((header.flags & flag::encryption) != 0) place.refuse("is encrypted");
  if (header.method != method_stored && header.method != method_deflate) {
    place.refuse("is packed with method " + std::to_string(header.method) +
                 ", only stored (0) and deflate (8) are read");
  }
  constexpr std::uint8_t zip64_version = 45;  // the newest that has what is read here
  if (header.version_needed > zip64_version ||
      (header.flags & ~(flag::level | flag::streamed | flag::utf8)) != 0) {
    place.refuse("uses a feature of zip that no backup uses");
  }
  if (header.method == method_stored && header.compressed_size != header.size) {
    place.refuse("contradicts itself about its size");
  }
  if (header.method == method_deflate &&
      (header.compressed_size == 0 || header.size / max_deflate_ratio > header.compressed_size)) {
    place.refuse("announces " + format_bytes(header.size) + ", which " +
                 format_bytes(header.compressed_size) + " of data cannot hold");
  }
  // libzip does not look at the CRC of an entry without data.
  if (header.size == 0 && header.crc32 != 0) place.refuse("is empty but has a checksum");
  if (is_folder(header) && header.size != 0) place.refuse("is a folder with content");
}

/// Refuses names that would be one file on a file system that ignores the case of ASCII letters.
void check_unique(const RandomAccess& file, const std::vector<CentralHeader>& headers) {
  std::vector<std::string> names;
  names.reserve(headers.size());
  for (const CentralHeader& header : headers) names.push_back(fold_case(path_of(header)));
  std::sort(names.begin(), names.end());
  const auto twice = std::adjacent_find(names.begin(), names.end());
  if (twice != names.end()) {
    EntryPlace{file, *twice}.refuse("is there twice (the case of letters does not count)");
  }
}

}  // namespace

std::vector<ZipEntry> read_central_directory(const RandomAccess& file, NamePolicy policy) {
  const EndRecord end = read_end_record(file);
  std::vector<std::byte> directory(static_cast<std::size_t>(end.directory_size));
  file.read_at(end.directory_offset, directory);
  const std::vector<CentralHeader> headers = parse_directory(file, directory, end.entries);
  for (const CentralHeader& header : headers) {
    const EntryPlace place{file, header.name};
    check_name(place, header, policy);
    check_type(place, header);
    check_content(place, header);
  }
  check_unique(file, headers);
  const std::vector<std::uint64_t> offsets = locate_data(file, headers, end.directory_offset);

  std::vector<ZipEntry> entries;
  for (std::size_t i = 0; i < headers.size(); ++i) {
    const CentralHeader& header = headers[i];
    if (is_folder(header)) continue;
    entries.push_back({std::string(header.name), header.method, header.crc32,
                       header.compressed_size, header.size, offsets[i]});
  }
  return entries;
}

}  // namespace a2a_backup
