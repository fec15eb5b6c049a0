// SPDX-License-Identifier: MIT
#include "zip_structures.hpp"

#include <algorithm>
#include <initializer_list>
#include <optional>
#include <utility>

#include "a2a_backup/core/error.hpp"
#include "a2a_backup/core/text.hpp"

namespace a2a_backup {
namespace {

constexpr std::uint32_t central_signature = 0x02014b50;
constexpr std::uint32_t local_signature = 0x04034b50;
constexpr std::uint32_t descriptor_signature = 0x08074b50;
constexpr std::string_view end_signature{"PK\x05\x06"};
constexpr std::uint16_t zip64_id = 0x0001;
constexpr std::uint16_t unicode_path_id = 0x7075;
constexpr std::size_t shown_name_bytes = 120;

template <class Number>
Number little_endian(Bytes bytes, std::size_t offset) {
  Number value = 0;
  for (std::size_t i = sizeof(Number); i-- > 0;) {
    value = static_cast<Number>((value << 8U) | std::to_integer<Number>(bytes[offset + i]));
  }
  return value;
}

std::string_view as_text(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// The extra fields that change what the rest of a header means.
struct ExtraFields {
  std::optional<Bytes> zip64;
  std::optional<Bytes> unicode_path;
};

void keep_one(const EntryPlace& place, std::optional<Bytes>& slot, Bytes data) {
  if (slot) place.refuse("has the same extra field twice");
  slot = data;
}

ExtraFields parse_extra_fields(const EntryPlace& place, Bytes extra) {
  ExtraFields fields;
  while (extra.size() >= 4) {
    const std::uint16_t id = le16(extra, 0);
    const std::size_t size = le16(extra, 2);
    extra = extra.subspan(4);
    if (size > extra.size()) place.refuse("has an extra field that is cut off");
    if (id == zip64_id) keep_one(place, fields.zip64, extra.first(size));
    if (id == unicode_path_id) keep_one(place, fields.unicode_path, extra.first(size));
    extra = extra.subspan(size);
  }
  // Tools that align data leave up to three zeros, too short for a field.
  const auto is_zero = [](std::byte b) { return b == std::byte{0}; };
  if (!std::all_of(extra.begin(), extra.end(), is_zero)) {
    place.refuse("has an extra field that is cut off");
  }
  return fields;
}

/// libzip, like Info-ZIP, lets this field replace the name of the header (APPNOTE 4.6.9).
void check_unicode_path(const EntryPlace& place, const ExtraFields& fields) {
  constexpr std::size_t version_and_crc = 5;
  if (!fields.unicode_path) return;
  if (fields.unicode_path->size() < version_and_crc ||
      as_text(fields.unicode_path->subspan(version_and_crc)) != place.name) {
    place.refuse("has a second, different name");
  }
}

/// Replaces saturated numbers by their 64-bit ones (APPNOTE 4.5.3), which stand in the order of
/// `values`: only those that are needed, or all of them in a local header.
void resolve_zip64(const EntryPlace& place, const std::optional<Bytes>& field,
                   std::initializer_list<std::uint64_t*> values, bool local) {
  const auto is_saturated = [](const std::uint64_t* value) { return *value == saturated_32; };
  const bool needed = std::any_of(values.begin(), values.end(), is_saturated);
  if (!field) {
    if (needed) place.refuse("lacks the zip64 field that it refers to");
    return;
  }
  Bytes left = *field;
  for (std::uint64_t* value : values) {
    const bool present = needed ? local || is_saturated(value) : left.size() >= 8;
    if (!present) continue;
    if (left.size() < 8) place.refuse("has a zip64 field that is too short");
    const std::uint64_t wide = le64(left, 0);
    // A number that is given twice must be the same, or another program would see another archive.
    if (!is_saturated(value) && wide != *value) place.refuse("contradicts its zip64 field");
    *value = wide;
    left = left.subspan(8);
  }
  if (needed && !left.empty()) place.refuse("has a zip64 field that is too long");
}

}  // namespace

std::uint16_t le16(Bytes bytes, std::size_t offset) {
  return little_endian<std::uint16_t>(bytes, offset);
}
std::uint32_t le32(Bytes bytes, std::size_t offset) {
  return little_endian<std::uint32_t>(bytes, offset);
}
std::uint64_t le64(Bytes bytes, std::size_t offset) {
  return little_endian<std::uint64_t>(bytes, offset);
}

void refuse_archive(const RandomAccess& file, const std::string& reason, std::string hint) {
  throw Error(ErrorKind::archive, file.name() + " " + reason, std::move(hint));
}

void EntryPlace::refuse(const std::string& reason, std::string hint) const {
  const std::string shown =
      printable(name.substr(0, shown_name_bytes)) + (name.size() > shown_name_bytes ? "..." : "");
  throw Error(ErrorKind::archive, file.name() + ": entry '" + shown + "' " + reason,
              std::move(hint));
}

CentralHeader parse_central_header(const RandomAccess& file, Bytes bytes) {
  if (bytes.size() < central_header_size || le32(bytes, 0) != central_signature) {
    refuse_archive(file, "has a damaged directory: fewer entries than it announces");
  }
  const std::size_t name_size = le16(bytes, 28);
  const std::size_t extra_size = le16(bytes, 30);
  CentralHeader header;
  header.length = central_header_size + name_size + extra_size + le16(bytes, 32);
  if (header.length > bytes.size()) refuse_archive(file, "has a directory that is cut off");
  header.name = as_text(bytes.subspan(central_header_size, name_size));
  header.version_needed = std::to_integer<std::uint8_t>(bytes[6]);
  header.flags = le16(bytes, 8);
  header.method = le16(bytes, 10);
  header.crc32 = le32(bytes, 16);
  header.compressed_size = le32(bytes, 20);
  header.size = le32(bytes, 24);
  header.attributes = le32(bytes, 38);
  header.local_offset = le32(bytes, 42);

  const EntryPlace place{file, header.name};
  if (le16(bytes, 34) != 0) place.refuse("lies in another part of a split archive");
  // libzip would weigh a directory that it finds there against the real one, at the cost of
  // reading each: refusing keeps it to one.
  if (as_text(bytes.subspan(central_header_size, header.length - central_header_size))
          .find(end_signature) != std::string_view::npos) {
    place.refuse("hides an end record in its directory entry");
  }
  const ExtraFields extra =
      parse_extra_fields(place, bytes.subspan(central_header_size + name_size, extra_size));
  check_unicode_path(place, extra);
  resolve_zip64(place, extra.zip64, {&header.size, &header.compressed_size, &header.local_offset},
                false);
  return header;
}

std::size_t local_header_length(const EntryPlace& place, Bytes bytes) {
  if (le32(bytes, 0) != local_signature) place.refuse("is not where the directory says");
  return local_header_size + le16(bytes, 26) + le16(bytes, 28);
}

HeaderFields parse_local_header(const EntryPlace& place, Bytes bytes) {
  const std::size_t name_size = le16(bytes, 26);
  HeaderFields header;
  header.length = bytes.size();
  header.name = as_text(bytes.subspan(local_header_size, name_size));
  header.flags = le16(bytes, 6);
  header.method = le16(bytes, 8);
  header.crc32 = le32(bytes, 14);
  header.compressed_size = le32(bytes, 18);
  header.size = le32(bytes, 22);
  const ExtraFields extra = parse_extra_fields(place, bytes.subspan(local_header_size + name_size));
  check_unicode_path(place, extra);
  resolve_zip64(place, extra.zip64, {&header.size, &header.compressed_size}, true);
  return header;
}

bool is_descriptor_of(const HeaderFields& entry, Bytes bytes) {
  const bool wide = bytes.size() == 20 || bytes.size() == 24;
  if (!wide && bytes.size() != 12 && bytes.size() != 16) return false;
  if (bytes.size() % 8 == 0) {
    if (le32(bytes, 0) != descriptor_signature) return false;
    bytes = bytes.subspan(4);
  }
  return le32(bytes, 0) == entry.crc32 &&
         (wide ? le64(bytes, 4) : le32(bytes, 4)) == entry.compressed_size &&
         (wide ? le64(bytes, 12) : le32(bytes, 8)) == entry.size;
}

}  // namespace a2a_backup
