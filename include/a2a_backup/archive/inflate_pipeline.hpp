// SPDX-License-Identifier: MIT
/// Restores one entry from its chunks, several at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "a2a_backup/archive/central_directory.hpp"
#include "a2a_backup/core/io.hpp"

namespace a2a_backup {

/// Takes inflated bytes that belong at `offset` of the entry. Called from several threads, in any
/// order, before the bytes are read; what they are worth only the final read tells.
using PlaceBytes = std::function<void(std::uint64_t offset, std::span<const std::byte> bytes)>;

/// What DeflatePipeline made of an entry, inflated in order. Every error about the archive is of
/// kind `archive` and names the file and the entry.
class InflatePipeline : public Reader {
 public:
  /// `chunk_size` is the uncompressed size of every chunk but the last, `chunks` their compressed
  /// sizes, both from the metadata. Throws unless they add up: 4 KiB to 4 MiB a chunk, as many as
  /// the size of the entry needs (one for an empty entry), none larger than a chunk can become, and
  /// `entry.compressed_size` in all. `file` must outlive the reader. An
  /// exception of `place` counts as one of the chunk.
  InflatePipeline(const RandomAccess& file, const ZipEntry& entry, std::uint64_t chunk_size,
                  std::vector<std::uint64_t> chunks, unsigned jobs, PlaceBytes place = {});
  /// Waits for the reads of the file that are under way.
  ~InflatePipeline() override;

  /// Throws when a chunk is malformed or has not the size it must have, or when the CRC-32 of all
  /// differs; only the final read (the one that returns 0) says that all was well. Also throws what
  /// `file` threw. After an error every later call throws it again.
  std::size_t read(std::span<std::byte> buffer) override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace a2a_backup
