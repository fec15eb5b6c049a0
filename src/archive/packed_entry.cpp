// SPDX-License-Identifier: MIT
#include "a2a_backup/archive/packed_entry.hpp"

#include "a2a_backup/core/error.hpp"
#include "a2a_backup/core/interrupt.hpp"
#include "chunk_list.hpp"

namespace a2a_backup {

PackedEntry::PackedEntry(std::shared_ptr<const RandomAccess> file, const ZipEntry& entry,
                         std::uint64_t chunk_size, const std::vector<std::uint64_t>& chunks,
                         std::vector<std::uint32_t> crc32s)
    : file_(std::move(file)),
      size_(entry.size),
      chunk_size_(chunk_size),
      crc32s_(std::move(crc32s)) {
  const EntryPlace place{*file_, entry.name};
  check_chunks(place, entry, chunk_size, chunks);
  if (crc32s_.size() != chunks.size()) place.refuse("has not one CRC-32 for each chunk");
  offsets_.reserve(chunks.size() + 1);
  offsets_.push_back(entry.data_offset);
  for (const std::uint64_t chunk : chunks) offsets_.push_back(offsets_.back() + chunk);
}

bool PackedEntry::seems_to_hold(std::uint64_t index, const ChunkContent& content) const {
  if (index >= crc32s_.size()) return false;
  const bool last = index + 1 == crc32s_.size();
  const std::uint64_t size = last ? size_ - index * chunk_size_ : chunk_size_;
  return last == content.last && size == content.size &&
         crc32s_[static_cast<std::size_t>(index)] == content.crc32;
}

std::size_t PackedEntry::take(std::uint64_t index, std::span<std::byte> output) const {
  const auto i = static_cast<std::size_t>(index);
  const auto bytes = static_cast<std::size_t>(offsets_[i + 1] - offsets_[i]);
  try {
    file_->read_at(offsets_[i], output.first(bytes));
  } catch (const Error& error) {
    if (is_signal(error)) throw;
    return 0;
  }
  return bytes;
}

}  // namespace a2a_backup
