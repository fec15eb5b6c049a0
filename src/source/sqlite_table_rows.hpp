// SPDX-License-Identifier: MIT
/// The rows of a table as they lie in a database file.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "a2a_backup/core/read_ahead.hpp"

namespace a2a_backup {

/// Walks the b-tree of a table that has rowids, in the order of the rowids. It reads large pieces
/// and decodes nothing but numbers, so it is many times faster than a query.
///
/// Source: https://www.sqlite.org/fileformat2.html, "B-tree Pages".
class TableRows {
 public:
  /// `root` is the rootpage of the table in sqlite_schema; `file` must outlive this and stand
  /// still.
  TableRows(const RandomAccess& file, std::uint32_t root);

  /// Goes to the first row, or to the next; false behind the last, or when the tree is damaged.
  bool next();
  bool damaged() const { return damaged_; }

  std::int64_t rowid() const { return rowid_; }
  /// Whether the stored records are the same, byte for byte. Records that differ may still stand
  /// for equal values.
  bool same_record(TableRows& other);

 private:
  using Bytes = std::span<const std::byte>;

  /// A page between the root and the leaf, and which of its children comes next.
  struct Interior {
    std::vector<std::byte> page;
    std::uint32_t next_child = 0;
  };

  bool is_page(std::uint32_t number);
  Bytes read_page(std::uint32_t number);
  Bytes read_overflow(std::uint32_t number);
  bool descend(std::uint32_t number);
  bool next_leaf();
  bool read_cell();
  bool fail();
  Bytes local_payload() const;
  bool same_overflow(TableRows& other, std::size_t at, std::size_t other_at, std::uint64_t left);

  const RandomAccess& file_;
  std::uint32_t page_size_ = 0;
  std::uint32_t usable_ = 0;
  std::uint32_t pages_ = 0;
  std::uint64_t visited_ = 0;  ///< more than there are pages means that they run in a circle
  std::uint32_t root_;
  bool begun_ = false;
  bool damaged_ = false;

  std::vector<Interior> path_;
  ReadAhead pages_read_;
  std::vector<std::byte> overflow_;  ///< a page of a long record
  Bytes leaf_;
  std::uint32_t cell_ = 0;
  std::uint32_t cells_ = 0;

  std::int64_t rowid_ = 0;
  std::uint64_t payload_size_ = 0;
  std::size_t payload_at_ = 0;
};

}  // namespace a2a_backup
