// SPDX-License-Identifier: MIT
#include "chunk_crc32s.hpp"

#include <charconv>

#include "a2a_backup/core/digest.hpp"

namespace a2a_backup {
namespace {

constexpr std::size_t crc32_digits = 8;

}  // namespace

std::string format_crc32s(const std::vector<std::uint32_t>& crc32s) {
  std::string text;
  text.reserve(crc32s.size() * crc32_digits);
  for (const std::uint32_t crc32 : crc32s) {
    for (int shift = 24; shift >= 0; shift -= 8) {
      text += to_hex(std::string(1, static_cast<char>(crc32 >> static_cast<unsigned>(shift))));
    }
  }
  return text;
}

std::vector<std::uint32_t> parse_crc32s(const std::string& text, std::size_t chunks) {
  const bool right = text.size() == chunks * crc32_digits &&
                     text.find_first_not_of("0123456789abcdef") == std::string::npos;
  std::vector<std::uint32_t> crc32s;
  if (!right) return crc32s;
  crc32s.reserve(chunks);
  for (const char* at = text.data(); at != text.data() + text.size(); at += crc32_digits) {
    std::from_chars(at, at + crc32_digits, crc32s.emplace_back(), 16);
  }
  return crc32s;
}

}  // namespace a2a_backup
