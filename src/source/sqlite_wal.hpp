// SPDX-License-Identifier: MIT
/// SQLite's write-ahead log, read beside SQLite: which frame of it holds a page.
///
/// Formats: https://www.sqlite.org/fileformat2.html#walformat for the log and
/// https://www.sqlite.org/walformat.html for its index in shared memory, both of version 3007000.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "a2a_backup/core/io.hpp"

namespace a2a_backup {

/// The front of the index in shared memory: what of the log is committed.
struct WalIndex {
  static constexpr std::size_t bytes = 136;  ///< two headers and the state of checkpoints

  std::array<std::byte, 48> header{};  ///< changes with every commit
  std::uint32_t page_size = 0;
  std::uint32_t frames = 0;                       ///< committed, from the start of the log
  std::array<std::uint32_t, 2> frame_checksum{};  ///< of the last of them
  std::array<std::byte, 8> salt{};                ///< of this generation of the log
  std::uint32_t backfilled = 0;                   ///< frames that are in the database file as well

  bool in_database() const { return backfilled >= frames; }
};

/// Nothing while somebody changes the header, or when it is of a version unknown here.
std::optional<WalIndex> read_wal_index(const volatile void* memory);

/// The pages that the committed frames of a log hold, the latest of each.
class WalPages {
 public:
  WalPages() = default;
  /// Reads the log to the last frame of `index`, and its checksums. Nothing when the two disagree.
  static std::optional<WalPages> read(const RandomAccess& log, const WalIndex& index);

  /// Where the page starts in the log, from 1; nothing when the log does not hold it.
  std::optional<std::uint64_t> find(std::uint32_t page) const;
  /// The first page from `page` on that the log holds; nothing when there is none.
  std::optional<std::uint32_t> next(std::uint32_t page) const;

 private:
  std::uint32_t page_size_ = 0;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> pages_;  ///< page, frame; by page
};

}  // namespace a2a_backup
