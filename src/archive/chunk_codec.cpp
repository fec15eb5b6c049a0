// SPDX-License-Identifier: MIT
#include "a2a_backup/archive/chunk_codec.hpp"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <string>

#include "a2a_backup/core/digest.hpp"
#include "a2a_backup/core/error.hpp"
#include "chunk_codec_libraries.hpp"

namespace a2a_backup {
namespace {

#ifdef A2A_HAVE_ISAL
constexpr bool have_isal = true;
#else
constexpr bool have_isal = false;
#endif
#ifdef A2A_HAVE_LIBDEFLATE
constexpr bool have_libdeflate = true;
#else
constexpr bool have_libdeflate = false;
#endif

using LevelMap = std::array<int, 10>;

/// libdeflate's levels for ours. It is smaller and faster than zlib everywhere, but for the first
/// levels ISA-L is three times as fast for 3 % more bytes.
constexpr LevelMap libdeflate_levels{0, 1, 2, 3, 4, 5, 6, 7, 10, 12};
constexpr LevelMap libdeflate_levels_beside_isal{0, 0, 0, 0, 1, 3, 6, 7, 10, 12};
constexpr int last_isal_level = 3;

/// An empty block of the fixed code, with BFINAL: all that an empty stream needs.
constexpr std::array<std::byte, 2> empty_stream{std::byte{3}, std::byte{0}};

constexpr std::size_t stored_block_limit = 65535;
constexpr std::size_t stored_header_size = 5;

/// The size of `size` bytes as a chunk of stored blocks. An empty last chunk cannot be one.
std::size_t stored_size(std::size_t size, bool last) {
  const std::size_t blocks = (size + stored_block_limit - 1) / stored_block_limit;
  return size + stored_header_size * (blocks + (last ? 0 : 1));
}

/// A stored block (RFC 1951, section 3.2.4) that starts on a byte boundary.
std::span<std::byte> put_stored_block(std::span<std::byte> output, std::span<const std::byte> data,
                                      bool final) {
  const auto length = static_cast<unsigned>(data.size());
  const auto low_byte = [](unsigned value) { return static_cast<std::byte>(value & 0xffU); };
  output[0] = std::byte{final};
  output[1] = low_byte(length);
  output[2] = low_byte(length >> 8U);
  output[3] = low_byte(~length);
  output[4] = low_byte(~length >> 8U);
  std::copy(data.begin(), data.end(), output.subspan(stored_header_size).begin());
  return output.subspan(stored_header_size + data.size());
}

void put_stored(std::span<const std::byte> input, bool last, std::span<std::byte> output) {
  while (!input.empty()) {
    const auto block = input.first(std::min(input.size(), stored_block_limit));
    input = input.subspan(block.size());
    output = put_stored_block(output, block, last && input.empty());
  }
  if (!last) put_stored_block(output, {}, false);
}

class Storer : public ChunkDeflater {
  std::size_t try_deflate(std::span<const std::byte>, bool, std::span<std::byte>) override {
    return 0;
  }
};

}  // namespace

bool is_available(DeflateLibrary library) {
  switch (library) {
    case DeflateLibrary::isal:
      return have_isal;
    case DeflateLibrary::libdeflate:
      return have_libdeflate;
    default:
      return true;
  }
}

DeflateMethod deflate_method(int level) {
  if (level < 0 || level >= static_cast<int>(libdeflate_levels.size())) {
    throw Error(ErrorKind::usage, "compression level " + std::to_string(level) + " does not exist",
                "choose a level from 0 (none) to 9 (smallest)");
  }
  if (level == 0) return {DeflateLibrary::none, 0};
  if (have_isal && level <= last_isal_level) return {DeflateLibrary::isal, level};
  if (!have_libdeflate) return {DeflateLibrary::zlib, level};
  const LevelMap& levels = have_isal ? libdeflate_levels_beside_isal : libdeflate_levels;
  return {DeflateLibrary::libdeflate, levels[static_cast<std::size_t>(level)]};
}

std::size_t chunk_bound(std::size_t size) {
  return stored_size(size, false);
}

std::size_t ChunkDeflater::deflate(std::span<const std::byte> input, bool last,
                                   std::span<std::byte> output) {
  if (input.size() > max_chunk_size || output.size() < chunk_bound(input.size())) {
    throw std::length_error("a chunk that is too large or has too little room");
  }
  if (input.empty() && last) {
    std::copy(empty_stream.begin(), empty_stream.end(), output.begin());
    return empty_stream.size();
  }
  const std::size_t stored = stored_size(input.size(), last);
  if (const std::size_t size = try_deflate(input, last, output.first(stored - 1))) return size;
  put_stored(input, last, output);
  return stored;
}

std::unique_ptr<ChunkDeflater> make_chunk_deflater(DeflateMethod method) {
  switch (method.library) {
#ifdef A2A_HAVE_ISAL
    case DeflateLibrary::isal:
      return make_isal_deflater(method.level);
#endif
#ifdef A2A_HAVE_LIBDEFLATE
    case DeflateLibrary::libdeflate:
      return make_libdeflate_deflater(method.level);
#endif
    case DeflateLibrary::zlib:
      return make_zlib_deflater(method.level);
    case DeflateLibrary::none:
      return std::make_unique<Storer>();
    default:
      throw std::invalid_argument("a deflate library that is not in this build");
  }
}

std::optional<std::size_t> ChunkInflater::inflate(std::span<const std::byte> chunk, bool last,
                                                  std::span<std::byte> output) {
  if (chunk.empty() || chunk.size() > chunk_bound(max_chunk_size)) return std::nullopt;
  if (!last && !ends_in_flush(chunk)) return std::nullopt;
  std::byte nothing{};  // the libraries refuse a null pointer, even to no bytes
  output = output.empty() ? std::span(&nothing, 0)
                          : output.first(std::min(output.size(), max_chunk_size));
  const std::span tail(empty_stream);
  return inflate_stream(chunk, last ? tail.first(0) : tail, output);
}

std::unique_ptr<ChunkInflater> make_chunk_inflater(DeflateLibrary library) {
  switch (library) {
#ifdef A2A_HAVE_ISAL
    case DeflateLibrary::isal:
      return make_isal_inflater();
#endif
#ifdef A2A_HAVE_LIBDEFLATE
    case DeflateLibrary::libdeflate:
      return make_libdeflate_inflater();
#endif
    case DeflateLibrary::zlib:
      return make_zlib_inflater();
    default:
      throw std::invalid_argument("a deflate library that is not in this build");
  }
}

std::unique_ptr<ChunkInflater> make_chunk_inflater() {
  return make_chunk_inflater(have_libdeflate ? DeflateLibrary::libdeflate
                             : have_isal     ? DeflateLibrary::isal
                                             : DeflateLibrary::zlib);
}

std::uint32_t chunk_crc32(std::span<const std::byte> data) {
#if defined(A2A_HAVE_ISAL)
  return isal_crc32(data);
#elif defined(A2A_HAVE_LIBDEFLATE)
  return libdeflate_crc32_of(data);
#else
  return crc32_update(0, data);
#endif
}

std::uint32_t join_crc32(std::uint32_t first, std::uint32_t second, std::uint64_t second_size) {
  return static_cast<std::uint32_t>(
      crc32_combine(first, second, static_cast<z_off_t>(second_size)));
}

}  // namespace a2a_backup
