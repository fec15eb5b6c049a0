// SPDX-License-Identifier: MIT
/// Reading the bits and the Huffman codes of a deflate stream, as far as needed to pass over them.
/// Source of the format: RFC 1951, sections 3.1.1 and 3.2.2.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <numeric>
#include <span>

namespace a2a_backup {

/// The stream as bits, the least significant of each byte first. Behind the end there are zeros,
/// and overrun() says so.
class BitReader {
 public:
  explicit BitReader(std::span<const std::byte> stream) : stream_(stream) {}

  /// Makes at least 56 bits available to peek(), as far as the stream has them.
  void refill() {
    if (std::endian::native == std::endian::little && stream_.size() - next_ >= 8) {
      std::uint64_t word = 0;
      std::memcpy(&word, stream_.data() + next_, sizeof word);
      bits_ |= word << count_;
      next_ += (63 - count_) / 8;
      count_ |= 56U;
      return;
    }
    for (; count_ < 56 && next_ < stream_.size(); count_ += 8) {
      bits_ |= std::to_integer<std::uint64_t>(stream_[next_++]) << count_;
    }
  }

  std::uint64_t peek() const { return bits_; }

  void skip(unsigned bits) {
    overrun_ = overrun_ || bits > count_;
    bits_ >>= bits;
    count_ -= std::min(bits, count_);
  }

  unsigned take(unsigned bits) {
    refill();
    const auto value = static_cast<unsigned>(bits_ & ((std::uint64_t{1} << bits) - 1));
    skip(bits);
    return value;
  }

  void seek_byte(std::size_t byte) {
    overrun_ = overrun_ || byte > stream_.size();
    next_ = std::min(byte, stream_.size());
    bits_ = 0;
    count_ = 0;
  }

  std::size_t position() const { return next_ * 8 - count_; }
  bool overrun() const { return overrun_; }

 private:
  std::span<const std::byte> stream_;
  std::size_t next_ = 0;  ///< the first byte of which not all is in `bits_`
  std::uint64_t bits_ = 0;
  unsigned count_ = 0;  ///< bits of `bits_` that are counted as read
  bool overrun_ = false;
};

/// What a symbol means to somebody who only passes over it.
enum class SymbolKind : std::uint8_t { literal, match, end, invalid };

/// What the next bits are: a symbol, or several literals and then what `kind` says.
struct CodeStep {
  std::uint8_t code_bits = 0;  ///< of the codes alone; 0: not in the table
  std::uint8_t skip = 0;       ///< of the codes and the extra bits of a length or distance
  SymbolKind kind = SymbolKind::invalid;
  std::uint8_t symbol = 0;
};

inline unsigned reverse_bits(unsigned code, unsigned length) {
  unsigned reversed = 0;
  for (; length > 0; --length, code >>= 1U) reversed = reversed << 1U | (code & 1U);
  return reversed;
}

/// A canonical Huffman code. Codes of up to `table_bits` are looked up, the few
/// longer ones are decoded bit by bit.
template <unsigned table_bits>
class HuffmanCode {
 public:
  /// `step_of(symbol, length)` says what a code stands for. False when the lengths announce more
  /// codes than there are.
  template <class StepOf>
  bool build(std::span<const std::uint8_t> lengths, StepOf step_of) {
    counts_.fill(0);
    for (const std::uint8_t length : lengths) ++counts_[length];
    counts_[0] = 0;
    std::array<unsigned, max_code_bits + 2> next{};  // where in sorted_ the codes of a length go
    std::partial_sum(counts_.begin(), counts_.end(), next.begin() + 1);
    std::fill_n(table_.begin(), 2, CodeStep{});
    for (std::size_t symbol = 0; symbol < lengths.size(); ++symbol) {
      const unsigned length = lengths[symbol];
      if (length > 0) sorted_[next[length]++] = step_of(symbol, length);
    }
    return fill_table();
  }

  /// Lets one look-up swallow a run of literals with the symbol behind it.
  void chain_literals() {
    for (std::size_t index = 0; index < table_.size(); ++index) {
      CodeStep& first = table_[index];
      if (first.kind != SymbolKind::literal) continue;
      const CodeStep second = table_[index >> first.code_bits];
      if (second.code_bits == 0 || first.code_bits + second.code_bits > table_bits) continue;
      first.code_bits = static_cast<std::uint8_t>(first.code_bits + second.code_bits);
      first.skip = static_cast<std::uint8_t>(first.skip + second.skip);
      first.kind = second.kind;
    }
  }

  CodeStep look_up(std::uint64_t bits) const {
    const CodeStep step = table_[bits & (table_.size() - 1)];
    return step.code_bits != 0 ? step : decode_long(bits);
  }

 private:
  bool fill_table() {
    unsigned code = 0;
    unsigned next = 0;
    for (unsigned length = 1; length <= max_code_bits; ++length, code <<= 1U) {
      if (code + counts_[length] > 1U << length) return false;
      if (length <= table_bits) {
        for (unsigned i = 0; i < counts_[length]; ++i) {
          table_[reverse_bits(code + i, length)] = sorted_[next + i];
        }
        // The bit behind the code may be either; the next length fills what is still empty.
        if (length < table_bits) std::copy_n(&table_[0], 1U << length, &table_[1U << length]);
      }
      code += counts_[length];
      next += counts_[length];
    }
    return true;
  }

  CodeStep decode_long(std::uint64_t bits) const {
    unsigned code = 0;
    unsigned first = 0;
    unsigned next = 0;
    for (unsigned length = 1; length <= max_code_bits; ++length, bits >>= 1U) {
      code = code << 1U | (bits & 1U);
      if (code - first < counts_[length]) return sorted_[next + code - first];
      next += counts_[length];
      first = (first + counts_[length]) << 1U;
    }
    return CodeStep{};
  }

  static constexpr unsigned max_code_bits = 15;
  static constexpr std::size_t max_symbols = 288;

  std::array<CodeStep, std::size_t{1} << table_bits> table_;
  std::array<CodeStep, max_symbols> sorted_;
  std::array<unsigned, max_code_bits + 1> counts_;
};

}  // namespace a2a_backup
