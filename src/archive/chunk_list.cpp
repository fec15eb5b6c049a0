// SPDX-License-Identifier: MIT
#include "chunk_list.hpp"

#include "a2a_backup/archive/chunk_codec.hpp"
#include "a2a_backup/core/text.hpp"

namespace a2a_backup {
namespace {

constexpr std::uint16_t method_deflate = 8;

}  // namespace

/// Everything is compared without adding numbers that could overflow.
void check_chunks(const EntryPlace& place, const ZipEntry& entry, std::uint64_t chunk_size,
                  const std::vector<std::uint64_t>& chunks) {
  if (entry.method != method_deflate) place.refuse("has chunks but is not deflated");
  if (chunk_size < min_chunk_size || chunk_size > max_chunk_size) {
    place.refuse("has chunks of " + format_count(chunk_size) + " bytes, beyond 4 KiB to 4 MiB");
  }
  const std::uint64_t needed = entry.size == 0 ? 1 : (entry.size - 1) / chunk_size + 1;
  if (chunks.size() != needed) {
    place.refuse("has " + plural(chunks.size(), "chunk") + " where its size needs " +
                 format_count(needed));
  }
  const std::uint64_t bound = chunk_bound(static_cast<std::size_t>(chunk_size));
  std::uint64_t left = entry.compressed_size;
  for (const std::uint64_t chunk : chunks) {
    if (chunk == 0 || chunk > bound) {
      place.refuse("has a chunk of " + format_count(chunk) + " bytes, which cannot be");
    }
    if (chunk > left) place.refuse("has chunks of more bytes than its data");
    left -= chunk;
  }
  if (left != 0) place.refuse("has chunks of fewer bytes than its data");
  const std::uint64_t file_size = place.file.size();
  if (entry.data_offset > file_size || entry.compressed_size > file_size - entry.data_offset) {
    place.refuse("ends behind the end of the file");
  }
}

}  // namespace a2a_backup
