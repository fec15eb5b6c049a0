// SPDX-License-Identifier: MIT
#include "sqlite_table_rows.hpp"

#include <algorithm>
#include <array>

#include "sqlite_format.hpp"

namespace a2a_backup {
namespace {

constexpr auto interior_table = std::byte{0x05};
constexpr auto leaf_table = std::byte{0x0d};
constexpr std::size_t leaf_header = 8;
constexpr std::size_t interior_header = 12;
constexpr std::size_t deepest = 20;  // SQLite's own limit

/// Big-endian groups of seven bits, eight in the ninth byte. Moves `at` behind it; false at the end
/// of the bytes.
bool read_varint(std::span<const std::byte> bytes, std::size_t& at, std::uint64_t& value) {
  value = 0;
  for (int i = 0; i < 9; ++i) {
    if (at >= bytes.size()) return false;
    const auto byte = std::to_integer<std::uint64_t>(bytes[at++]);
    if (i == 8) {
      value = value << 8U | byte;
      return true;
    }
    value = value << 7U | (byte & 0x7fU);
    if (byte < 0x80) return true;
  }
  return true;
}

}  // namespace

TableRows::TableRows(const RandomAccess& file, std::uint32_t root)
    : file_(file), root_(root), pages_read_(file) {
  std::array<std::byte, header::size> head{};
  if (file.size() < head.size()) {
    fail();
    return;
  }
  file.read_at(0, head);
  page_size_ = page_size_in(head);
  usable_ = page_size_ - std::to_integer<std::uint32_t>(head[header::reserved]);
  if (page_size_ < 512 || usable_ < 480 || usable_ > page_size_) {
    fail();
    return;
  }
  pages_ = static_cast<std::uint32_t>(file.size() / page_size_);
}

bool TableRows::fail() {
  damaged_ = true;
  return false;
}

bool TableRows::is_page(std::uint32_t number) {
  return number != 0 && number <= pages_ && ++visited_ <= 2 * std::uint64_t{pages_};
}

/// Nothing where there is no such page.
TableRows::Bytes TableRows::read_page(std::uint32_t number) {
  if (!is_page(number)) return {};
  return pages_read_.fetch(std::uint64_t{number - 1} * page_size_, page_size_).first(usable_);
}

TableRows::Bytes TableRows::read_overflow(std::uint32_t number) {
  if (!is_page(number)) return {};
  overflow_.resize(page_size_);
  file_.read_at(std::uint64_t{number - 1} * page_size_, overflow_);
  return Bytes(overflow_).first(usable_);
}

/// Down the left-most way to a leaf.
bool TableRows::descend(std::uint32_t number) {
  for (;;) {
    const Bytes page = read_page(number);
    if (page.empty() || path_.size() > deepest) return fail();
    const std::size_t cells = big_endian16(page.subspan(3));
    const bool is_leaf = page[0] == leaf_table;
    if (!is_leaf && page[0] != interior_table) return fail();
    if ((is_leaf ? leaf_header : interior_header) + 2 * cells > page.size()) return fail();
    if (is_leaf) {
      leaf_ = page;
      cell_ = 0;
      cells_ = static_cast<std::uint32_t>(cells);
      return true;
    }
    path_.push_back({{page.begin(), page.end()}, 1});
    const std::size_t at = cells == 0 ? 8 : big_endian16(page.subspan(interior_header));
    if (at + 4 > page.size()) return fail();
    number = big_endian(page.subspan(at));
  }
}

bool TableRows::next_leaf() {
  while (!path_.empty()) {
    Interior& interior = path_.back();
    const Bytes page(interior.page);
    const std::uint32_t cells = big_endian16(page.subspan(3));
    if (interior.next_child > cells) {
      path_.pop_back();
      continue;
    }
    // Behind its cells a page names its right-most child in the header.
    const std::size_t at =
        interior.next_child == cells
            ? 8
            : big_endian16(page.subspan(interior_header + 2 * std::size_t{interior.next_child}));
    ++interior.next_child;
    if (at + 4 > page.size()) return fail();
    return descend(big_endian(page.subspan(at)));
  }
  return false;
}

bool TableRows::read_cell() {
  std::size_t at = big_endian16(leaf_.subspan(leaf_header + 2 * std::size_t{cell_++}));
  std::uint64_t rowid = 0;
  if (!read_varint(leaf_, at, payload_size_) || !read_varint(leaf_, at, rowid)) return fail();
  rowid_ = static_cast<std::int64_t>(rowid);
  payload_at_ = at;
  return true;
}

bool TableRows::next() {
  if (damaged_ || root_ == 0) return false;
  if (!begun_) {
    begun_ = true;
    if (!descend(root_)) return false;
  }
  while (cell_ == cells_) {
    if (!next_leaf()) return false;
  }
  return read_cell();
}

/// What of the record is on the leaf; the number of the first page of the rest is behind it.
TableRows::Bytes TableRows::local_payload() const {
  const std::uint64_t most = usable_ - 35;
  std::uint64_t local = payload_size_;
  if (local > most) {
    const std::uint64_t least = (usable_ - 12) * std::uint64_t{32} / 255 - 23;
    const std::uint64_t fitting = least + (payload_size_ - least) % (usable_ - 4);
    local = fitting <= most ? fitting : least;
  }
  const Bytes rest = leaf_.subspan(std::min(payload_at_, leaf_.size()));
  return rest.first(static_cast<std::size_t>(std::min<std::uint64_t>(local, rest.size())));
}

/// `at` is behind the local part, where the number of the next page is.
bool TableRows::same_overflow(TableRows& other, std::size_t at, std::size_t other_at,
                              std::uint64_t left) {
  if (left == 0) return true;
  if (at + 4 > leaf_.size() || other_at + 4 > other.leaf_.size()) return fail();
  std::uint32_t number = big_endian(leaf_.subspan(at));
  std::uint32_t other_number = big_endian(other.leaf_.subspan(other_at));
  while (left > 0) {
    const Bytes page = read_overflow(number);
    const Bytes other_page = other.read_overflow(other_number);
    if (page.empty()) return fail();
    if (other_page.empty()) return other.fail();
    const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(left, usable_ - 4));
    if (!std::ranges::equal(page.subspan(4, count), other_page.subspan(4, count))) return false;
    left -= count;
    number = big_endian(page);
    other_number = big_endian(other_page);
  }
  return true;
}

bool TableRows::same_record(TableRows& other) {
  if (payload_size_ != other.payload_size_ || usable_ != other.usable_) return false;
  const Bytes mine = local_payload();
  const Bytes theirs = other.local_payload();
  if (!std::ranges::equal(mine, theirs)) return false;
  return same_overflow(other, payload_at_ + mine.size(), other.payload_at_ + theirs.size(),
                       payload_size_ - mine.size());
}

}  // namespace a2a_backup
