// SPDX-License-Identifier: MIT
#ifdef A2A_HAVE_LIBDEFLATE

#include <libdeflate.h>

#include <algorithm>
#include <new>
#include <vector>

#include "chunk_codec_libraries.hpp"
#include "deflate_blocks.hpp"

namespace a2a_backup {
namespace {

template <auto function>
struct Free {
  template <class Object>
  void operator()(Object* object) const {
    function(object);
  }
};

class LibdeflateDeflater : public ChunkDeflater {
 public:
  explicit LibdeflateDeflater(int level) : compressor_(libdeflate_alloc_compressor(level)) {
    if (!compressor_) throw std::bad_alloc();
  }

 private:
  std::size_t try_deflate(std::span<const std::byte> input, bool last,
                          std::span<std::byte> output) override {
    const std::size_t reserve = last ? 0 : flush_marker.size() + 1;
    if (output.size() <= reserve) return 0;
    const std::size_t size = libdeflate_deflate_compress(
        compressor_.get(), input.data(), input.size(), output.data(), output.size() - reserve);
    return last || size == 0 ? size : reopen(output, size);
  }

  /// libdeflate has no flush: it always ends the stream. This takes BFINAL back and appends the
  /// empty stored block; returns the new size.
  static std::size_t reopen(std::span<std::byte> output, std::size_t size) {
    const auto block = find_final_block(output.first(size));
    if (!block || (block->end + 7) / 8 != size) return 0;
    output[block->header / 8] &= ~(std::byte{1} << (block->header % 8));
    constexpr std::size_t header_bits = 3;
    if ((block->end + header_bits + 7) / 8 > size) output[size++] = std::byte{0};
    std::copy(flush_marker.begin(), flush_marker.end(), output.subspan(size).begin());
    return size + flush_marker.size();
  }

  std::unique_ptr<libdeflate_compressor, Free<libdeflate_free_compressor>> compressor_;
};

class LibdeflateInflater : public ChunkInflater {
 public:
  LibdeflateInflater() : decompressor_(libdeflate_alloc_decompressor()) {
    if (!decompressor_) throw std::bad_alloc();
  }

 private:
  std::optional<std::size_t> inflate_stream(std::span<const std::byte> chunk,
                                            std::span<const std::byte> tail,
                                            std::span<std::byte> output) override {
    if (!tail.empty()) {  // libdeflate wants the whole stream in one piece
      joined_.assign(chunk.begin(), chunk.end());
      joined_.insert(joined_.end(), tail.begin(), tail.end());
      chunk = joined_;
    }
    std::size_t used = 0;
    std::size_t written = 0;
    const libdeflate_result result =
        libdeflate_deflate_decompress_ex(decompressor_.get(), chunk.data(), chunk.size(),
                                         output.data(), output.size(), &used, &written);
    if (result != LIBDEFLATE_SUCCESS || used != chunk.size()) return std::nullopt;
    return written;
  }

  std::unique_ptr<libdeflate_decompressor, Free<libdeflate_free_decompressor>> decompressor_;
  std::vector<std::byte> joined_;
};

}  // namespace

std::unique_ptr<ChunkDeflater> make_libdeflate_deflater(int level) {
  return std::make_unique<LibdeflateDeflater>(level);
}

std::unique_ptr<ChunkInflater> make_libdeflate_inflater() {
  return std::make_unique<LibdeflateInflater>();
}

std::uint32_t libdeflate_crc32_of(std::span<const std::byte> data) {
  return libdeflate_crc32(0, data.data(), data.size());
}

}  // namespace a2a_backup

#endif
