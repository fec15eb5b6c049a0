// SPDX-License-Identifier: MIT
/// The outputs of a ChunkRing as one stream of bytes.
#pragma once

#include <algorithm>

#include "chunk_ring.hpp"

namespace a2a_backup {

class ChunkReader {
 public:
  explicit ChunkReader(ChunkRing& ring) : ring_(ring) {}

  /// As Reader::read(). Calls `note(chunk)` for each chunk before its first byte is handed out.
  template <class Note>
  std::size_t read(std::span<std::byte> buffer, Note note) {
    while (left_.empty() && !buffer.empty()) {
      const Chunk* chunk = ring_.next();
      if (chunk == nullptr) return 0;
      note(*chunk);
      left_ = chunk->output.bytes();
    }
    const auto piece = left_.first(std::min(left_.size(), buffer.size()));
    std::copy(piece.begin(), piece.end(), buffer.begin());
    left_ = left_.subspan(piece.size());
    return piece.size();
  }

 private:
  ChunkRing& ring_;
  std::span<const std::byte> left_;  ///< of the chunk that the ring handed out last
};

}  // namespace a2a_backup
