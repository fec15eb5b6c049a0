// SPDX-License-Identifier: MIT
/// Zips built by hand, so that a test can make any byte of them lie.
#pragma once

#include <zlib.h>

#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "a2a_backup/core/digest.hpp"
#include "a2a_backup/core/io.hpp"

namespace a2a_backup::test {

/// A file in memory that counts how it is read.
class MemoryFile : public RandomAccess {
 public:
  explicit MemoryFile(std::string bytes) : bytes_(std::move(bytes)) {}

  std::uint64_t size() const override { return bytes_.size(); }
  void read_at(std::uint64_t offset, std::span<std::byte> buffer) const override {
    if (offset > bytes_.size() || buffer.size() > bytes_.size() - offset) {
      throw std::out_of_range("read beyond the end of the file");
    }
    if (fail_at && offset <= *fail_at && *fail_at < offset + buffer.size()) {
      throw std::runtime_error("the disk is on fire");
    }
    if (!buffer.empty()) std::memcpy(buffer.data(), bytes_.data() + offset, buffer.size());
    ++reads;
    bytes_read += buffer.size();
  }
  const std::string& name() const override { return name_; }

  mutable std::size_t reads = 0;
  mutable std::uint64_t bytes_read = 0;
  std::optional<std::uint64_t> fail_at;  ///< a byte that cannot be read

 private:
  std::string bytes_;
  std::string name_ = "test.zip";
};

/// `value` as `size` bytes, little-endian.
inline std::string le(std::uint64_t value, std::size_t size) {
  std::string text;
  for (std::size_t i = 0; i < size; ++i) text += static_cast<char>((value >> (8 * i)) & 0xff);
  return text;
}

inline std::uint32_t crc_of(std::string_view text) {
  return crc32_update(0, std::as_bytes(std::span(text)));
}

inline std::string deflated(const std::string& text) {
  z_stream stream{};
  deflateInit2(&stream, 9, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&stream, static_cast<uLong>(text.size())), '\0');
  std::string in = text;
  stream.next_in = reinterpret_cast<Bytef*>(in.data());
  stream.avail_in = static_cast<uInt>(in.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

/// What one of an entry's two headers says.
struct TestHeader {
  std::string name;
  std::uint16_t flags = 0;
  std::uint16_t method = 0;
  std::uint32_t crc32 = 0;
  std::uint32_t compressed_size = 0;
  std::uint32_t size = 0;
  std::uint16_t date = 0x21;  ///< 1980-01-01
  std::string extra;

  std::string middle() const {
    return le(flags, 2) + le(method, 2) + le(0, 2) + le(date, 2) + le(crc32, 4) +
           le(compressed_size, 4) + le(size, 4) + le(name.size(), 2) + le(extra.size(), 2);
  }
};

struct TestEntry {
  TestHeader local;
  TestHeader central;
  std::string data;        ///< as it stands in the file
  std::string descriptor;  ///< what follows the data
  std::string comment;
  std::uint32_t attributes = std::uint32_t{0100644} << 16U;
  std::uint16_t version = 20;
  std::uint16_t disk = 0;
  std::optional<std::uint32_t> offset;  ///< what the directory says, when it lies
};

inline TestEntry test_entry(const std::string& name, const std::string& content,
                            bool deflate = false) {
  TestEntry entry;
  entry.data = deflate ? deflated(content) : content;
  entry.local.name = name;
  entry.local.method = deflate ? 8 : 0;
  entry.local.crc32 = crc_of(content);
  entry.local.compressed_size = static_cast<std::uint32_t>(entry.data.size());
  entry.local.size = static_cast<std::uint32_t>(content.size());
  entry.central = entry.local;
  return entry;
}

inline TestEntry test_folder(const std::string& name) {
  TestEntry entry = test_entry(name, "");
  entry.attributes = (std::uint32_t{0040755} << 16U) | 0x10;
  return entry;
}

/// As a writer leaves an entry when it cannot seek back: the numbers follow in a data descriptor.
inline TestEntry streamed_entry(const std::string& name, const std::string& content, bool signature,
                                bool wide) {
  TestEntry entry = test_entry(name, content, true);
  entry.descriptor = (signature ? "PK\x07\x08" : "") + le(entry.central.crc32, 4) +
                     le(entry.data.size(), wide ? 8 : 4) + le(content.size(), wide ? 8 : 4);
  entry.local.flags = entry.central.flags = 8;
  entry.local.crc32 = entry.local.compressed_size = entry.local.size = 0;
  return entry;
}

/// A zip64 extra field (id 1) that holds `numbers`.
inline std::string zip64_extra(const std::vector<std::uint64_t>& numbers) {
  std::string extra = le(1, 2) + le(numbers.size() * 8, 2);
  for (const std::uint64_t number : numbers) extra += le(number, 8);
  return extra;
}

struct TestZip {
  std::vector<TestEntry> entries;
  bool zip64 = false;  ///< whether there is a zip64 end record, and only that has the numbers
  std::string prefix;
  std::string before_directory;
  std::string directory_suffix;
  std::string suffix;
  std::optional<std::uint64_t> count;
  std::optional<std::uint64_t> directory_size;
  std::optional<std::uint64_t> directory_offset;
  std::uint16_t comment_size = 0;
  std::uint16_t disk = 0;

  std::string bytes() const {
    std::string out = prefix;
    std::string directory;
    for (const TestEntry& entry : entries) {
      const std::uint64_t offset = entry.offset.value_or(static_cast<std::uint32_t>(out.size()));
      const TestHeader& central = entry.central;
      out += "PK\x03\x04" + le(20, 2) + entry.local.middle() + entry.local.name +
             entry.local.extra + entry.data + entry.descriptor;
      directory += "PK\x01\x02" + le(0x0314, 2) + le(entry.version, 2) + central.middle() +
                   le(entry.comment.size(), 2) + le(entry.disk, 2) + le(0, 2) +
                   le(entry.attributes, 4) + le(offset, 4) + central.name + central.extra +
                   entry.comment;
    }
    out += before_directory;
    directory += directory_suffix;
    return out + directory +
           end(directory_offset.value_or(out.size()), directory_size.value_or(directory.size()),
               out.size() + directory.size());
  }

 private:
  std::string end(std::uint64_t offset, std::uint64_t size, std::uint64_t position) const {
    const std::uint64_t number = count.value_or(entries.size());
    std::string out;
    if (zip64) {
      out = "PK\x06\x06" + le(44, 8) + le(45, 2) + le(45, 2) + le(0, 8) + le(number, 8) +
            le(number, 8) + le(size, 8) + le(offset, 8) + "PK\x06\x07" + le(0, 4) +
            le(position, 8) + le(1, 4);
    }
    const auto field = [this](std::uint64_t value, std::size_t width) {
      return le(zip64 ? ~std::uint64_t{0} : value, width);
    };
    return out + "PK\x05\x06" + le(disk, 2) + le(disk, 2) + field(number, 2) + field(number, 2) +
           field(size, 4) + field(offset, 4) + le(comment_size, 2) + suffix;
  }
};

/// The smallest archive that looks like a backup: one entry stored, one deflated, the metadata.
inline TestZip good_zip() {
  TestZip zip;
  zip.entries = {test_entry("shared/tasks.json", "[1, 2, 3]"),
                 test_entry("database/a2a_system.db", std::string(5000, 'x') + "y", true),
                 test_entry("backup_metadata.json", "{\"version\": \"2.0\"}", true)};
  return zip;
}

inline std::shared_ptr<MemoryFile> file_of(const TestZip& zip) {
  return std::make_shared<MemoryFile>(zip.bytes());
}

}  // namespace a2a_backup::test
