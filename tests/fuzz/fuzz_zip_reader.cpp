// SPDX-License-Identifier: MIT
// Whatever the bytes, the zip reader yields what the directory announced or throws an Error that
// names the archive; it never crashes, hangs or reads outside the file.
#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>

#include "a2a_backup/archive/zip_reader.hpp"
#include "a2a_backup/core/error.hpp"

namespace {

using namespace a2a_backup;

/// More than this is not read of one input: a 64 KiB file may honestly hold 64 MiB.
constexpr std::uint64_t max_read = std::uint64_t{8} << 20;

class InputFile : public RandomAccess {
 public:
  explicit InputFile(std::span<const std::byte> data) : data_(data) {}
  std::uint64_t size() const override { return data_.size(); }
  void read_at(std::uint64_t offset, std::span<std::byte> buffer) const override {
    if (offset > data_.size() || buffer.size() > data_.size() - offset) std::abort();
    if (!buffer.empty()) std::memcpy(buffer.data(), data_.data() + offset, buffer.size());
  }
  const std::string& name() const override { return name_; }

 private:
  std::span<const std::byte> data_;
  std::string name_ = "input.zip";
};

void read_entry(ZipReader& zip, const ZipEntry& entry, std::uint64_t& left) {
  std::array<std::byte, 4096> buffer;
  const std::unique_ptr<Reader> reader = zip.open(entry);
  std::uint64_t total = 0;
  while (left > 0) {
    const std::size_t got = reader->read(buffer);
    if (got == 0) {
      if (total != entry.size) std::abort();
      return;
    }
    total += got;
    if (total > entry.size) std::abort();
    left -= std::min<std::uint64_t>(left, got);
  }
}

void read_archive(const std::shared_ptr<const RandomAccess>& file, NamePolicy policy) {
  std::uint64_t left = max_read;
  try {
    ZipReader zip(file, policy);
    for (const ZipEntry& entry : zip.entries()) {
      if (entry.data_offset > file->size()) std::abort();
      if (entry.compressed_size > file->size() - entry.data_offset) std::abort();
      if (zip.find(entry.name) != &entry) std::abort();
      try {
        read_entry(zip, entry, left);
      } catch (const Error& error) {
        if (error.kind() != ErrorKind::archive) std::abort();
      }
    }
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::archive || error.hint().empty()) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto file = std::make_shared<const InputFile>(std::as_bytes(std::span(data, size)));
  read_archive(file, NamePolicy::backup);
  read_archive(file, NamePolicy::wrapper);
  return 0;
}
