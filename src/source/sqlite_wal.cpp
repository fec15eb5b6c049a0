// SPDX-License-Identifier: MIT
#include "sqlite_wal.hpp"

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstring>

#include "a2a_backup/core/interrupt.hpp"
#include "sqlite_format.hpp"

namespace a2a_backup {
namespace {

using Bytes = std::span<const std::byte>;
using Checksum = std::array<std::uint32_t, 2>;

constexpr std::uint32_t format_version = 3007000;
constexpr std::uint32_t magic = 0x377f0682;  ///< its last bit: checksums of big-endian words
constexpr std::size_t log_header_size = 32;
constexpr std::size_t frame_header_size = 24;
constexpr std::size_t index_header_size = 48;

/// The index is of this machine, in its own byte order.
template <class Number>
Number native(Bytes bytes, std::size_t offset) {
  Number value{};
  std::memcpy(&value, bytes.data() + offset, sizeof value);
  return value;
}

/// The running checksum of the log over 8-byte steps.
void add(Checksum& sum, Bytes bytes, bool big) {
  for (std::size_t at = 0; at + 8 <= bytes.size(); at += 8) {
    auto first = native<std::uint32_t>(bytes, at);
    auto second = native<std::uint32_t>(bytes, at + 4);
    if (big != (std::endian::native == std::endian::big)) {
      first = __builtin_bswap32(first);
      second = __builtin_bswap32(second);
    }
    sum[0] += first + sum[1];
    sum[1] += second + sum[0];
  }
}

Checksum stored_checksum(Bytes bytes) {
  return {big_endian(bytes), big_endian(bytes.subspan(4))};
}

bool same_salt(Bytes stored, const WalIndex& index) {
  return std::equal(index.salt.begin(), index.salt.end(), stored.begin());
}

}  // namespace

std::optional<WalIndex> read_wal_index(const volatile void* memory) {
  std::array<std::byte, WalIndex::bytes> copy{};
  const auto* bytes = static_cast<const volatile std::byte*>(memory);
  for (std::size_t i = 0; i < copy.size(); ++i) copy[i] = bytes[i];
  std::atomic_thread_fence(std::memory_order_acquire);
  // A writer changes the second header first, so equal ones are one whole header.
  const Bytes all(copy);
  const Bytes header = all.first(index_header_size);
  if (!std::equal(header.begin(), header.end(), all.begin() + index_header_size)) {
    return std::nullopt;
  }
  if (native<std::uint32_t>(header, 0) != format_version || header[12] == std::byte{0}) {
    return std::nullopt;
  }
  WalIndex index;
  std::copy(header.begin(), header.end(), index.header.begin());
  const auto size = native<std::uint16_t>(header, 14);
  index.page_size = (size & 0xfe00U) + ((size & 1U) << 16U);  // 65,536 does not fit: it is 1
  index.frames = native<std::uint32_t>(header, 16);
  index.frame_checksum = {native<std::uint32_t>(header, 24), native<std::uint32_t>(header, 28)};
  std::copy_n(header.begin() + 32, index.salt.size(), index.salt.begin());
  index.backfilled = native<std::uint32_t>(all, 2 * index_header_size);
  return index;
}

std::optional<WalPages> WalPages::read(const RandomAccess& log, const WalIndex& index) {
  const std::uint64_t frame_size = frame_header_size + std::uint64_t{index.page_size};
  if (log.size() < log_header_size + index.frames * frame_size) return std::nullopt;
  std::array<std::byte, log_header_size> head{};
  log.read_at(0, head);
  const Bytes header(head);
  const std::uint32_t found_magic = big_endian(header);
  const bool big = (found_magic & 1U) != 0;
  Checksum sum{};
  add(sum, header.first(24), big);
  if ((found_magic & ~1U) != magic || big_endian(header.subspan(4)) != format_version ||
      big_endian(header.subspan(8)) != index.page_size || !same_salt(header.subspan(16), index) ||
      sum != stored_checksum(header.subspan(24))) {
    return std::nullopt;
  }
  WalPages result;
  result.page_size_ = index.page_size;
  std::vector<std::byte> frame(frame_size);
  for (std::uint32_t number = 0; number < index.frames; ++number) {
    if (number % 1024 == 0) check_interrupt();
    log.read_at(log_header_size + number * frame_size, frame);
    const Bytes bytes(frame);
    add(sum, bytes.first(8), big);
    add(sum, bytes.subspan(frame_header_size), big);
    if (!same_salt(bytes.subspan(8), index) || sum != stored_checksum(bytes.subspan(16))) {
      return std::nullopt;
    }
    result.pages_.emplace_back(big_endian(bytes), number);
  }
  if (sum != index.frame_checksum) return std::nullopt;
  std::sort(result.pages_.begin(), result.pages_.end());
  return result;
}

std::optional<std::uint64_t> WalPages::find(std::uint32_t page) const {
  const auto behind = std::upper_bound(pages_.begin(), pages_.end(), std::pair(page, UINT32_MAX));
  if (behind == pages_.begin() || (behind - 1)->first != page) return std::nullopt;
  const std::uint64_t frame = (behind - 1)->second;
  return log_header_size + frame * (frame_header_size + page_size_) + frame_header_size;
}

std::optional<std::uint32_t> WalPages::next(std::uint32_t page) const {
  const auto found = std::lower_bound(pages_.begin(), pages_.end(), std::pair(page, 0U));
  if (found == pages_.end()) return std::nullopt;
  return found->first;
}

}  // namespace a2a_backup
