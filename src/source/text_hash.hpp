// SPDX-License-Identifier: MIT
/// A digest of texts that need not be secure.
#pragma once

#include <cstdint>
#include <string_view>

namespace a2a_backup {

/// FNV-1a, 64 bits: well known, and good enough to count differences.
class TextHash {
 public:
  void add(std::string_view text) {
    for (const char c : text) mix(static_cast<unsigned char>(c));
    mix(0);
  }
  std::uint64_t value() const { return value_; }

 private:
  void mix(unsigned char byte) {
    value_ ^= byte;
    value_ *= 0x100000001b3U;
  }
  std::uint64_t value_ = 0xcbf29ce484222325U;
};

}  // namespace a2a_backup
