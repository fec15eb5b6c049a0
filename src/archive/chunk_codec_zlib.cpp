// SPDX-License-Identifier: MIT
#include <zlib.h>

#include <new>

#include "a2a_backup/core/error.hpp"
#include "chunk_codec_libraries.hpp"

namespace a2a_backup {
namespace {

constexpr int raw_window_bits = -15;

/// zlib asks for pointers to bytes that it does not change.
Bytef* in_pointer(std::span<const std::byte> data) {
  return const_cast<Bytef*>(reinterpret_cast<const Bytef*>(data.data()));
}

void require(int code) {
  if (code == Z_MEM_ERROR) throw std::bad_alloc();
  if (code != Z_OK) throw Error(ErrorKind::failed, "zlib refuses to start");
}

class ZlibDeflater : public ChunkDeflater {
 public:
  explicit ZlibDeflater(int level) {
    constexpr int memory_level = 8;
    require(deflateInit2(&stream_, level, Z_DEFLATED, raw_window_bits, memory_level,
                         Z_DEFAULT_STRATEGY));
  }
  ~ZlibDeflater() override { deflateEnd(&stream_); }
  ZlibDeflater(const ZlibDeflater&) = delete;
  ZlibDeflater& operator=(const ZlibDeflater&) = delete;

 private:
  std::size_t try_deflate(std::span<const std::byte> input, bool last,
                          std::span<std::byte> output) override {
    require(deflateReset(&stream_));
    stream_.next_in = in_pointer(input);
    stream_.avail_in = static_cast<uInt>(input.size());
    stream_.next_out = reinterpret_cast<Bytef*>(output.data());
    stream_.avail_out = static_cast<uInt>(output.size());
    const int code = ::deflate(&stream_, last ? Z_FINISH : Z_FULL_FLUSH);
    // A flush that fills the output to the last byte may have more to write.
    const bool complete = last ? code == Z_STREAM_END : code == Z_OK && stream_.avail_out > 0;
    return complete ? output.size() - stream_.avail_out : 0;
  }

  z_stream stream_{};
};

class ZlibInflater : public ChunkInflater {
 public:
  ZlibInflater() { require(inflateInit2(&stream_, raw_window_bits)); }
  ~ZlibInflater() override { inflateEnd(&stream_); }
  ZlibInflater(const ZlibInflater&) = delete;
  ZlibInflater& operator=(const ZlibInflater&) = delete;

 private:
  std::optional<std::size_t> inflate_stream(std::span<const std::byte> chunk,
                                            std::span<const std::byte> tail,
                                            std::span<std::byte> output) override {
    require(inflateReset(&stream_));
    stream_.next_out = reinterpret_cast<Bytef*>(output.data());
    stream_.avail_out = static_cast<uInt>(output.size());
    int code = feed(chunk);
    if (!tail.empty()) {
      if (code == Z_STREAM_END || stream_.avail_in != 0) return std::nullopt;
      code = feed(tail);
    }
    if (code != Z_STREAM_END || stream_.avail_in != 0) return std::nullopt;
    return output.size() - stream_.avail_out;
  }

  int feed(std::span<const std::byte> data) {
    stream_.next_in = in_pointer(data);
    stream_.avail_in = static_cast<uInt>(data.size());
    return ::inflate(&stream_, Z_NO_FLUSH);
  }

  z_stream stream_{};
};

}  // namespace

std::unique_ptr<ChunkDeflater> make_zlib_deflater(int level) {
  return std::make_unique<ZlibDeflater>(level);
}

std::unique_ptr<ChunkInflater> make_zlib_inflater() {
  return std::make_unique<ZlibInflater>();
}

}  // namespace a2a_backup
