// SPDX-License-Identifier: MIT
/// What each deflate library contributes to chunk_codec.hpp; one source file each.
#pragma once

#include <algorithm>
#include <array>

#include "a2a_backup/archive/chunk_codec.hpp"

namespace a2a_backup {

/// The end of every chunk but the last: an empty stored block without its first three bits.
inline constexpr std::array<std::byte, 4> flush_marker{std::byte{0}, std::byte{0}, std::byte{0xff},
                                                       std::byte{0xff}};

inline bool ends_in_flush(std::span<const std::byte> chunk) {
  return chunk.size() > flush_marker.size() && std::equal(flush_marker.begin(), flush_marker.end(),
                                                          chunk.last(flush_marker.size()).begin());
}

std::unique_ptr<ChunkDeflater> make_zlib_deflater(int level);
std::unique_ptr<ChunkInflater> make_zlib_inflater();

#ifdef A2A_HAVE_ISAL
std::unique_ptr<ChunkDeflater> make_isal_deflater(int level);
std::unique_ptr<ChunkInflater> make_isal_inflater();
std::uint32_t isal_crc32(std::span<const std::byte> data);
#endif

#ifdef A2A_HAVE_LIBDEFLATE
std::unique_ptr<ChunkDeflater> make_libdeflate_deflater(int level);
std::unique_ptr<ChunkInflater> make_libdeflate_inflater();
std::uint32_t libdeflate_crc32_of(std::span<const std::byte> data);
#endif

}  // namespace a2a_backup
