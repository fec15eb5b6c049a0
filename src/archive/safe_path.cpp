// SPDX-License-Identifier: MIT
#include "safe_path.hpp"

#include <cstdint>

namespace a2a_backup {
namespace {

constexpr std::size_t max_path = 255;
constexpr std::uint32_t invalid = 0xffffffff;

std::uint32_t byte_at(std::string_view text, std::size_t index) {
  return static_cast<unsigned char>(text[index]);
}

/// Takes one character off the front of `text`; `invalid` when that is not well-formed UTF-8
/// (The Unicode Standard, table 3-7: no overlong forms, no surrogates, nothing above U+10FFFF).
std::uint32_t take_character(std::string_view& text) {
  const std::uint32_t first = byte_at(text, 0);
  const std::size_t length = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  if ((first >= 0x80 && first < 0xc2) || first > 0xf4 || text.size() < length) return invalid;
  std::uint32_t character = length == 1 ? first : first & (0x7fU >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte_at(text, i) & 0xc0U) != 0x80U) return invalid;
    character = (character << 6U) | (byte_at(text, i) & 0x3fU);
  }
  text.remove_prefix(length);
  const bool overlong = (length == 3 && character < 0x800) || (length == 4 && character < 0x10000);
  const bool surrogate = character >= 0xd800 && character <= 0xdfff;
  return overlong || surrogate || character > 0x10ffff ? invalid : character;
}

bool is_control(std::uint32_t c) {
  return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x2028 || c == 0x2029;
}

/// Bidi_Control of the Unicode Character Database.
bool is_direction_mark(std::uint32_t c) {
  return c == 0x061c || c == 0x200e || c == 0x200f || (c >= 0x202a && c <= 0x202e) ||
         (c >= 0x2066 && c <= 0x2069);
}

std::string character_problem(std::string_view path) {
  while (!path.empty()) {
    const std::uint32_t c = take_character(path);
    if (c == invalid) return "has a name that is not UTF-8";
    if (is_control(c)) return "has a control character in its name";
    if (is_direction_mark(c)) return "has a character in its name that turns text around";
    if (c == '\\') return "has a backslash in its name";
    if (c == ':') return "has a colon in its name";
  }
  return {};
}

std::string component_problem(std::string_view component) {
  if (component.empty()) return "has an empty part in its name";
  if (component == ".") return "has a '.' part in its name";
  if (component == "..") return "climbs out of its folder with '..'";
  return {};
}

}  // namespace

std::string unsafe_path_problem(std::string_view path) {
  if (path.empty()) return "has no name";
  if (path.size() > max_path) return "has a name of more than 255 bytes";
  if (path[0] == '/') return "has an absolute path for its name";
  if (std::string problem = character_problem(path); !problem.empty()) return problem;
  while (true) {
    const std::size_t slash = path.find('/');
    if (std::string problem = component_problem(path.substr(0, slash)); !problem.empty()) {
      return problem;
    }
    if (slash == std::string_view::npos) return {};
    path.remove_prefix(slash + 1);
  }
}

}  // namespace a2a_backup
