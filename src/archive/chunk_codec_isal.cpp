// SPDX-License-Identifier: MIT
#ifdef A2A_HAVE_ISAL

#include <isa-l.h>

#include <array>
#include <vector>

#include "a2a_backup/core/error.hpp"
#include "chunk_codec_libraries.hpp"

namespace a2a_backup {
namespace {

/// ISA-L asks for pointers to bytes that it does not change.
std::uint8_t* in_pointer(std::span<const std::byte> data) {
  return const_cast<std::uint8_t*>(reinterpret_cast<const std::uint8_t*>(data.data()));
}

class IsalDeflater : public ChunkDeflater {
 public:
  explicit IsalDeflater(int level) {
    static constexpr std::array<std::size_t, 4> work_sizes{
        ISAL_DEF_LVL0_DEFAULT, ISAL_DEF_LVL1_DEFAULT, ISAL_DEF_LVL2_DEFAULT, ISAL_DEF_LVL3_DEFAULT};
    level_ = static_cast<std::uint32_t>(level);
    work_.resize(work_sizes.at(level_));
  }

 private:
  std::size_t try_deflate(std::span<const std::byte> input, bool last,
                          std::span<std::byte> output) override {
    isal_deflate_stateless_init(&stream_);
    stream_.level = level_;
    stream_.level_buf = work_.data();
    stream_.level_buf_size = static_cast<std::uint32_t>(work_.size());
    stream_.next_in = in_pointer(input);
    stream_.avail_in = static_cast<std::uint32_t>(input.size());
    stream_.next_out = reinterpret_cast<std::uint8_t*>(output.data());
    stream_.avail_out = static_cast<std::uint32_t>(output.size());
    stream_.end_of_stream = last ? 1 : 0;
    stream_.flush = last ? NO_FLUSH : FULL_FLUSH;
    const int code = isal_deflate_stateless(&stream_);
    if (code != COMP_OK && code != STATELESS_OVERFLOW) {
      throw Error(ErrorKind::failed, "ISA-L refuses to compress (" + std::to_string(code) + ")");
    }
    if (code != COMP_OK || stream_.avail_in != 0) return 0;
    // Where it falls back to stored blocks it leaves out the flush.
    return last || ends_in_flush(output.first(stream_.total_out)) ? stream_.total_out : 0;
  }

  std::uint32_t level_ = 0;
  std::vector<std::uint8_t> work_;
  isal_zstream stream_{};
};

class IsalInflater : public ChunkInflater {
 private:
  std::optional<std::size_t> inflate_stream(std::span<const std::byte> chunk,
                                            std::span<const std::byte> tail,
                                            std::span<std::byte> output) override {
    isal_inflate_init(&state_);
    state_.next_out = reinterpret_cast<std::uint8_t*>(output.data());
    state_.avail_out = static_cast<std::uint32_t>(output.size());
    if (!feed(chunk)) return std::nullopt;
    if (!tail.empty() && (state_.block_state == ISAL_BLOCK_FINISH || !feed(tail))) {
      return std::nullopt;
    }
    // Bytes behind the end may be in its bit buffer already.
    if (state_.block_state != ISAL_BLOCK_FINISH || state_.read_in_length >= 8) return std::nullopt;
    return output.size() - state_.avail_out;
  }

  /// Whether all of `data` could be used.
  bool feed(std::span<const std::byte> data) {
    state_.next_in = in_pointer(data);
    state_.avail_in = static_cast<std::uint32_t>(data.size());
    return isal_inflate(&state_) == ISAL_DECOMP_OK && state_.avail_in == 0;
  }

  inflate_state state_{};
};

}  // namespace

std::unique_ptr<ChunkDeflater> make_isal_deflater(int level) {
  return std::make_unique<IsalDeflater>(level);
}

std::unique_ptr<ChunkInflater> make_isal_inflater() {
  return std::make_unique<IsalInflater>();
}

std::uint32_t isal_crc32(std::span<const std::byte> data) {
  return crc32_gzip_refl(0, reinterpret_cast<const unsigned char*>(data.data()), data.size());
}

}  // namespace a2a_backup

#endif
