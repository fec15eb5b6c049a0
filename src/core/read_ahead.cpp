// SPDX-License-Identifier: MIT
#include "a2a_backup/core/read_ahead.hpp"

#include <algorithm>

namespace a2a_backup {

std::span<const std::byte> ReadAhead::fetch(std::uint64_t offset, std::size_t size) {
  constexpr std::size_t most = std::size_t{256} << 10;
  const std::uint64_t end = start_ + window_.size();
  if (offset < start_ || offset + size > end) {
    const bool in_order = !window_.empty() && offset > start_ && offset <= end;
    const std::size_t wanted = in_order ? std::min(2 * window_.size(), most) : 0;
    const std::uint64_t left = file_.size() - std::min(offset, file_.size());
    window_.resize(std::max(size, static_cast<std::size_t>(std::min<std::uint64_t>(wanted, left))));
    start_ = offset;
    try {
      file_.read_at(offset, window_);
    } catch (...) {
      window_.clear();  // whoever asks again is not to get what was not read
      throw;
    }
  }
  return std::span(window_).subspan(static_cast<std::size_t>(offset - start_), size);
}

}  // namespace a2a_backup
