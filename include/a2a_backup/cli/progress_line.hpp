// SPDX-License-Identifier: MIT
/// The text of a progress bar, as wide as there is room for.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace a2a_backup {

struct ProgressView {
  std::string phase;
  std::uint64_t done = 0;   ///< bytes
  std::uint64_t total = 0;  ///< bytes; 0 when unknown
  double seconds = 0;       ///< since the phase began
};

/// "compress  [#####.....]  52%  512 MiB of 1.00 GiB  480 MiB/s  2 s left" in at most `columns`
/// columns. What does not fit is left out, the least wanted first: the bytes, the bar, the rate,
/// the time left. A pure function; the text is ASCII as far as `phase` is.
std::string progress_line(const ProgressView& view, std::size_t columns);

}  // namespace a2a_backup
