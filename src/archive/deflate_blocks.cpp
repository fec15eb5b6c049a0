// SPDX-License-Identifier: MIT
#include "deflate_blocks.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

#include "deflate_codes.hpp"

namespace a2a_backup {
namespace {

using Lengths = std::span<const std::uint8_t>;

constexpr std::size_t end_of_block = 256;
constexpr std::size_t literal_codes = 288;  // of the fixed code; a dynamic one has at most 286
constexpr std::size_t distance_codes = 32;

CodeStep code_length_step(std::size_t symbol, unsigned length) {
  const auto bits = static_cast<std::uint8_t>(length);
  return {bits, bits, SymbolKind::literal, static_cast<std::uint8_t>(symbol)};
}

/// Section 3.2.5: lengths have their extra bits in groups of four codes, but 285 has none.
CodeStep literal_step(std::size_t symbol, unsigned length) {
  const auto bits = static_cast<std::uint8_t>(length);
  if (symbol < end_of_block) return {bits, bits, SymbolKind::literal, 0};
  if (symbol == end_of_block) return {bits, bits, SymbolKind::end, 0};
  const std::size_t group = (symbol - 257) / 4;
  const std::size_t extra = group < 2 || symbol == 285 ? 0 : group - 1;
  return {bits, static_cast<std::uint8_t>(length + extra),
          symbol <= 285 ? SymbolKind::match : SymbolKind::invalid, 0};
}

/// Section 3.2.5: distances in groups of two.
CodeStep distance_step(std::size_t symbol, unsigned length) {
  const std::size_t extra = symbol < 4 ? 0 : symbol / 2 - 1;
  return {static_cast<std::uint8_t>(length), static_cast<std::uint8_t>(length + extra),
          symbol < 30 ? SymbolKind::match : SymbolKind::invalid, 0};
}

class BlockWalker {
 public:
  explicit BlockWalker(std::span<const std::byte> stream) : reader_(stream) {}

  std::optional<FinalBlock> find_final() {
    for (;;) {
      const std::size_t header = reader_.position();
      const bool final = reader_.take(1) == 1;
      if (!pass_block(reader_.take(2)) || reader_.overrun()) return std::nullopt;
      if (final) return FinalBlock{header, reader_.position()};
    }
  }

 private:
  bool pass_block(unsigned type) {
    switch (type) {
      case 0:
        return pass_stored();
      case 1:
        return build_fixed() && pass_symbols();
      case 2:
        return build_dynamic() && pass_symbols();
      default:
        return false;
    }
  }

  bool pass_stored() {
    reader_.seek_byte((reader_.position() + 7) / 8);
    const unsigned length = reader_.take(16);
    if ((length ^ reader_.take(16)) != 0xffff) return false;
    reader_.seek_byte(reader_.position() / 8 + length);
    return true;
  }

  /// Section 3.2.6.
  bool build_fixed() {
    std::array<std::uint8_t, literal_codes + distance_codes> lengths{};
    std::fill_n(lengths.begin(), 144, std::uint8_t{8});
    std::fill(lengths.begin() + 144, lengths.begin() + 256, std::uint8_t{9});
    std::fill(lengths.begin() + 256, lengths.begin() + 280, std::uint8_t{7});
    std::fill(lengths.begin() + 280, lengths.begin() + 288, std::uint8_t{8});
    std::fill(lengths.begin() + 288, lengths.end(), std::uint8_t{5});
    return build(lengths, literal_codes);
  }

  /// Section 3.2.7.
  bool build_dynamic() {
    static constexpr std::array<std::uint8_t, 19> order{16, 17, 18, 0, 8,  7, 9,  6, 10, 5,
                                                        11, 4,  12, 3, 13, 2, 14, 1, 15};
    const std::size_t literals = reader_.take(5) + 257;
    const std::size_t distances = reader_.take(5) + 1;
    const std::size_t code_lengths = reader_.take(4) + 4;
    std::array<std::uint8_t, order.size()> meta{};
    for (std::size_t i = 0; i < code_lengths; ++i) {
      meta[order[i]] = static_cast<std::uint8_t>(reader_.take(3));
    }
    std::array<std::uint8_t, literal_codes + distance_codes> lengths{};
    const auto used = std::span(lengths).first(literals + distances);
    return literals <= 286 && meta_.build(meta, code_length_step) && read_lengths(used) &&
           build(used, literals);
  }

  bool read_lengths(std::span<std::uint8_t> lengths) {
    for (std::size_t done = 0; done < lengths.size();) {
      reader_.refill();
      const CodeStep step = meta_.look_up(reader_.peek());
      if (step.kind == SymbolKind::invalid || reader_.overrun()) return false;
      reader_.skip(step.skip);
      std::size_t repeat = 1;
      std::uint8_t value = step.symbol;
      if (step.symbol >= 16) {
        if (step.symbol == 16 && done == 0) return false;
        value = step.symbol == 16 ? lengths[done - 1] : std::uint8_t{0};
        repeat = step.symbol == 16   ? 3 + reader_.take(2)
                 : step.symbol == 17 ? 3 + reader_.take(3)
                                     : 11 + reader_.take(7);
      }
      if (repeat > lengths.size() - done) return false;
      std::fill_n(lengths.begin() + static_cast<std::ptrdiff_t>(done), repeat, value);
      done += repeat;
    }
    return true;
  }

  bool build(Lengths lengths, std::size_t literals) {
    if (!literals_.build(lengths.first(literals), literal_step) ||
        !distances_.build(lengths.subspan(literals), distance_step)) {
      return false;
    }
    literals_.chain_literals();
    return true;
  }

  bool pass_symbols() {
    while (!reader_.overrun()) {
      reader_.refill();  // enough for a length and a distance with their extra bits: 48
      const CodeStep step = literals_.look_up(reader_.peek());
      reader_.skip(step.skip);
      if (step.kind == SymbolKind::literal) continue;
      if (step.kind == SymbolKind::end) return true;
      if (step.kind == SymbolKind::invalid) return false;
      const CodeStep distance = distances_.look_up(reader_.peek());
      if (distance.kind == SymbolKind::invalid) return false;
      reader_.skip(distance.skip);
    }
    return false;
  }

  BitReader reader_;
  HuffmanCode<7> meta_;
  HuffmanCode<11> literals_;
  HuffmanCode<9> distances_;
};

}  // namespace

std::optional<FinalBlock> find_final_block(std::span<const std::byte> stream) {
  return BlockWalker(stream).find_final();
}

}  // namespace a2a_backup
