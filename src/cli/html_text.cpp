// SPDX-License-Identifier: MIT
#include "a2a_backup/cli/html_text.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>

#include "a2a_backup/core/digest.hpp"

namespace a2a_backup {
namespace {

/// One character of UTF-8 (RFC 3629), or one byte that belongs to none.
struct Character {
  std::size_t length = 1;
  std::uint32_t code = 0;
  bool valid = false;
};

std::uint8_t byte_at(std::string_view text, std::size_t i) {
  return i < text.size() ? static_cast<std::uint8_t>(text[i]) : std::uint8_t{0};
}

Character next_character(std::string_view text) {
  const std::uint8_t lead = byte_at(text, 0);
  if (lead < 0x80) return {1, lead, true};
  const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4) return {1, lead, false};
  std::uint32_t code = lead & (0x7fU >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte_at(text, i) & 0xc0U) != 0x80) return {1, lead, false};
    code = code << 6U | (byte_at(text, i) & 0x3fU);
  }
  static constexpr std::array<std::uint32_t, 5> smallest{0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = code >= 0xd800 && code < 0xe000;
  if (code < smallest.at(length) || surrogate || code > 0x10ffff) return {1, lead, false};
  return {length, code, true};
}

bool is_control(std::uint32_t code) {
  return code < 0x20 || (code >= 0x7f && code < 0xa0);
}

/// Line separators, directional marks, joiners and fillers, and the two that are no characters.
bool is_shapeless(std::uint32_t code) {
  return code == 0xad || code == 0x61c || (code >= 0x200b && code <= 0x200f) ||
         (code >= 0x2028 && code <= 0x202e) || (code >= 0x2060 && code <= 0x206f) ||
         code == 0xfeff || (code & 0xfffeU) == 0xfffe || (code >= 0xe0000 && code <= 0xe007f);
}

std::string spelled(bool as_byte, std::uint32_t code) {
  std::array<char, 16> buffer{};
  if (as_byte) {
    std::snprintf(buffer.data(), buffer.size(), "\\x%02x", code);
  } else {
    std::snprintf(buffer.data(), buffer.size(), "\\u%04x", code);
  }
  return buffer.data();
}

std::string_view entity(std::uint32_t code) {
  switch (code) {
    case '&':
      return "&amp;";
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    case '"':
      return "&quot;";
    case '\'':
      return "&#39;";
    default:
      return {};
  }
}

int hex_value(char digit) {
  return digit <= '9' ? digit - '0' : digit - 'a' + 10;
}

/// Base64 (RFC 4648) of bytes that are given in hexadecimal.
std::string base64_of_hex(const std::string& hex) {
  static constexpr std::string_view alphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  unsigned bits = 0;
  int held = 0;
  for (const char digit : hex) {
    bits = (bits << 4U | static_cast<unsigned>(hex_value(digit))) & 0xfffU;
    held += 4;
    if (held < 6) continue;
    held -= 6;
    text += alphabet[bits >> static_cast<unsigned>(held) & 63U];
  }
  if (held > 0) text += alphabet[bits << static_cast<unsigned>(6 - held) & 63U];
  while (text.size() % 4 != 0) text += '=';
  return text;
}

}  // namespace

std::string html_escape(std::string_view text) {
  std::string safe;
  safe.reserve(text.size());
  while (!text.empty()) {
    const Character next = next_character(text);
    if (!next.valid || is_control(next.code) || is_shapeless(next.code)) {
      safe += spelled(!next.valid || next.code < 0x80, next.code);
    } else if (const std::string_view known = entity(next.code); !known.empty()) {
      safe += known;
    } else {
      safe += text.substr(0, next.length);
    }
    text.remove_prefix(next.length);
  }
  return safe;
}

std::string html_foreign(std::string_view text) {
  const bool ascii = std::all_of(text.begin(), text.end(),
                                 [](char c) { return static_cast<std::uint8_t>(c) < 0x80; });
  return ascii ? html_escape(text) : "<bdi>" + html_escape(text) + "</bdi>";
}

std::string csp_source(std::string_view inline_text) {
  return "'sha256-" + base64_of_hex(sha256_hex(inline_text)) + "'";
}

}  // namespace a2a_backup
