// SPDX-License-Identifier: MIT
/// A compressed entry of another archive, for its chunks to be taken over as they are.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "a2a_backup/archive/central_directory.hpp"
#include "a2a_backup/core/io.hpp"

namespace a2a_backup {

/// What a chunk holds, as far as that is known without inflating it.
struct ChunkContent {
  std::size_t size = 0;  ///< bytes, uncompressed
  std::uint32_t crc32 = 0;
  bool last = false;  ///< of its entry
};

/// Equal sizes and CRC-32s make equal content likely, not certain, and the archive may be damaged.
/// So whoever takes a chunk must inflate it and compare.
class PackedEntry {
 public:
  /// `chunk_size` and `chunks` are refused as InflatePipeline refuses them; `crc32s` has the CRC-32
  /// of each chunk's content, or is refused.
  PackedEntry(std::shared_ptr<const RandomAccess> file, const ZipEntry& entry,
              std::uint64_t chunk_size, const std::vector<std::uint64_t>& chunks,
              std::vector<std::uint32_t> crc32s);

  std::uint64_t chunk_size() const { return chunk_size_; }

  /// Whether chunk `index` is noted to hold `content`.
  bool seems_to_hold(std::uint64_t index, const ChunkContent& content) const;

  /// Copies chunk `index`, which there is, compressed, to the front of `output`, which has room for
  /// any chunk, and returns its bytes; 0 when it cannot be read. Several threads may call this at
  /// once.
  std::size_t take(std::uint64_t index, std::span<std::byte> output) const;

 private:
  std::shared_ptr<const RandomAccess> file_;
  std::uint64_t size_;
  std::uint64_t chunk_size_;
  std::vector<std::uint64_t> offsets_;  ///< in the file, of each chunk and of the end
  std::vector<std::uint32_t> crc32s_;
};

}  // namespace a2a_backup
