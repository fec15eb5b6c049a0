// SPDX-License-Identifier: MIT
/// Compresses one entry in independent chunks, and proves and hashes each in the same pass.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "a2a_backup/core/io.hpp"

namespace a2a_backup {

/// Where more effort stops paying: the next levels save 1 % each for a third more time and more.
inline constexpr int default_deflate_level = 2;

struct DeflateOptions {
  int level = default_deflate_level;                ///< 0 (stored blocks) to 9
  std::size_t chunk_size = std::size_t{512} << 10;  ///< input bytes per chunk, 4 KiB to 4 MiB
  unsigned jobs = 1;  ///< threads that work, with the one that calls read()
};

/// What one pass over an entry found. Sizes in bytes.
struct EntryFacts {
  std::uint64_t size = 0;
  std::uint64_t compressed_size = 0;
  std::uint32_t crc32 = 0;
  std::string sha256;
  std::vector<std::uint64_t> chunks;         ///< compressed size of each chunk, at least one
  std::vector<std::uint32_t> chunk_crc32s;   ///< of the input of each chunk
  std::vector<std::uint32_t> packed_crc32s;  ///< of each chunk, compressed
  std::uint64_t taken_over = 0;  ///< bytes of input whose chunks were compressed already
  std::uint64_t bad_before =
      0;  ///< chunks that seemed to be, and turned out to hold something else
};

class PackedEntry;

/// A pull-through stage: reads the input, yields one valid raw deflate stream (RFC 1951) made of
/// the chunks of chunk_codec.hpp. An empty input is one chunk of an empty stream. The same input
/// and options give the same bytes, whatever the number of jobs.
///
/// Each chunk is inflated again, while its input is still there, and compared with it byte by byte:
/// whoever finds those bytes in a file, by their CRC-32, has the proof that it holds the input.
class DeflatePipeline : public Reader {
 public:
  /// Throws Error of kind `usage` when an option is out of range. Chunks that `before`, if there is
  /// one and its chunks are as large, has are taken from there.
  DeflatePipeline(std::unique_ptr<Reader> input, const DeflateOptions& options,
                  std::shared_ptr<const PackedEntry> before = nullptr);
  /// Waits for a read of the input that is under way.
  ~DeflatePipeline() override;

  /// The input is read in order, by one thread at a time but not always the same. Throws what it
  /// threw, std::bad_alloc, or Error of kind `failed` for a chunk that is not what went into it,
  /// when all threads have ended; so does every later call.
  std::size_t read(std::span<std::byte> buffer) override;
  /// Complete once read() has returned 0.
  const EntryFacts& facts() const;

 private:
  struct Worker;
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace a2a_backup
