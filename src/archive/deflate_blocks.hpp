// SPDX-License-Identifier: MIT
/// Where the blocks of a raw deflate stream lie, found without inflating it.
/// Source of the format: RFC 1951, section 3.2.
#pragma once

#include <cstddef>
#include <optional>
#include <span>

namespace a2a_backup {

/// Positions in bits from the start of the stream.
struct FinalBlock {
  std::size_t header = 0;  ///< of its first bit, BFINAL
  std::size_t end = 0;     ///< behind its last bit
};

/// The first block with BFINAL set. A block does not say how long it is, so all codes are walked;
/// that takes about as long as a fast inflate. Nothing when `stream` is not well-formed up to
/// there.
std::optional<FinalBlock> find_final_block(std::span<const std::byte> stream);

}  // namespace a2a_backup
