// SPDX-License-Identifier: MIT
/// Single chunks of an entry: compressed by themselves, so that they can be inflated by themselves.
///
/// The chunks of an entry follow each other and are together one raw deflate stream (RFC 1951). The
/// last one has BFINAL. Every other one ends with an empty stored block, which brings it to a byte
/// boundary, and the next one refers to nothing before itself: what zlib calls a full flush.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

namespace a2a_backup {

inline constexpr std::size_t min_chunk_size = std::size_t{4} << 10;  ///< input bytes
inline constexpr std::size_t max_chunk_size = std::size_t{4} << 20;  ///< input bytes

/// What compresses. Only zlib and none are certain to be in a build.
enum class DeflateLibrary : std::uint8_t { none, zlib, isal, libdeflate };

bool is_available(DeflateLibrary library);

/// How to compress: a library and one of its own levels.
struct DeflateMethod {
  DeflateLibrary library = DeflateLibrary::none;
  int level = 0;
  bool operator==(const DeflateMethod&) const = default;
};

/// The method of a level from 0 (stored blocks) to 9 (smallest) in this build. Throws Error of kind
/// `usage` for any other level.
DeflateMethod deflate_method(int level);

/// The largest chunk, in bytes, that `size` bytes can become: 5 more for every 65,535 begun, and 5
/// for the empty stored block.
std::size_t chunk_bound(std::size_t size);

/// Compresses chunks, one after the other and independent of each other. Not for several threads at
/// once.
class ChunkDeflater {
 public:
  virtual ~ChunkDeflater() = default;

  /// Writes `input` as one chunk to the front of `output`, which has room for
  /// chunk_bound(input.size()) bytes, and returns the bytes written. Input that does not shrink
  /// becomes stored blocks. The same input gives the same chunk, whatever came before.
  std::size_t deflate(std::span<const std::byte> input, bool last, std::span<std::byte> output);

 private:
  /// The bytes written; 0 when they would be more than `output` holds.
  virtual std::size_t try_deflate(std::span<const std::byte> input, bool last,
                                  std::span<std::byte> output) = 0;
};

/// Throws Error of kind `failed` when the library refuses, and std::bad_alloc.
std::unique_ptr<ChunkDeflater> make_chunk_deflater(DeflateMethod method);

/// Inflates chunks that nobody has vouched for. Not for several threads at once.
class ChunkInflater {
 public:
  virtual ~ChunkInflater() = default;

  /// Writes what `chunk` holds to the front of `output` and returns the bytes written. Nothing when
  /// `chunk` is anything but one whole chunk, or holds more than `output` has room for; `output`
  /// may then have been written to.
  std::optional<std::size_t> inflate(std::span<const std::byte> chunk, bool last,
                                     std::span<std::byte> output);

 private:
  /// The same for `chunk` followed by `tail`, which together are one complete deflate stream.
  virtual std::optional<std::size_t> inflate_stream(std::span<const std::byte> chunk,
                                                    std::span<const std::byte> tail,
                                                    std::span<std::byte> output) = 0;
};

/// With the fastest library of this build, or with `library`, which must be available.
std::unique_ptr<ChunkInflater> make_chunk_inflater();
std::unique_ptr<ChunkInflater> make_chunk_inflater(DeflateLibrary library);

/// The CRC-32 of zip, by the fastest library of this build.
std::uint32_t chunk_crc32(std::span<const std::byte> data);

/// The CRC-32 of what `first` covers followed by the `second_size` bytes that `second` covers.
std::uint32_t join_crc32(std::uint32_t first, std::uint32_t second, std::uint64_t second_size);

}  // namespace a2a_backup
