// SPDX-License-Identifier: MIT
#include "s3_xml.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>

namespace a2a_backup {
namespace {

constexpr int max_depth = 8;
constexpr std::size_t max_elements = 100'000;

struct Malformed {};

struct Entity {
  std::string_view name;
  char character;
};
constexpr std::array entities{Entity{"amp", '&'}, Entity{"lt", '<'}, Entity{"gt", '>'},
                              Entity{"quot", '"'}, Entity{"apos", '\''}};

/// UTF-8 (RFC 3629).
void append_code_point(std::string& text, std::uint32_t code) {
  const auto byte = [&text](std::uint32_t value) { text += static_cast<char>(value); };
  const auto rest = [&](unsigned shift) { byte(0x80U | ((code >> shift) & 0x3FU)); };
  if (code < 0x80) return byte(code);
  if (code < 0x800) {
    byte(0xC0U | (code >> 6U));
  } else if (code < 0x10000) {
    byte(0xE0U | (code >> 12U));
    rest(6);
  } else {
    byte(0xF0U | (code >> 18U));
    rest(12);
    rest(6);
  }
  rest(0);
}

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  XmlElement document() {
    if (text_.starts_with("\xEF\xBB\xBF")) position_ = 3;
    if (text_.substr(position_).starts_with("<?xml ")) skip_past("?>");
    skip_space();
    XmlElement root = element(1);
    skip_space();
    if (position_ != text_.size()) throw Malformed();
    return root;
  }

 private:
  bool take(std::string_view word) {
    if (!text_.substr(position_).starts_with(word)) return false;
    position_ += word.size();
    return true;
  }
  void require(std::string_view word) {
    if (!take(word)) throw Malformed();
  }
  void skip_past(std::string_view word) {
    const std::size_t found = text_.find(word, position_);
    if (found == std::string_view::npos) throw Malformed();
    position_ = found + word.size();
  }
  void skip_space() {
    for (;;) {
      position_ = std::min(text_.find_first_not_of(" \t\r\n", position_), text_.size());
      if (!take("<!--")) return;
      skip_past("-->");
    }
  }
  std::string name() {
    const std::size_t end =
        std::min(text_.find_first_of(" \t\r\n/><=&\"'", position_), text_.size());
    if (end == position_) throw Malformed();
    const std::string_view whole = text_.substr(position_, end - position_);
    position_ = end;
    return std::string(whole.substr(whole.rfind(':') + 1));
  }
  void attributes() {
    for (skip_space();
         !text_.substr(position_).starts_with(">") && !text_.substr(position_).starts_with("/>");
         skip_space()) {
      name();
      require("=");
      const bool single = take("'");
      if (!single) require("\"");
      skip_past(single ? "'" : "\"");
    }
  }
  void reference(std::string& text) {
    const std::size_t end = text_.find(';', position_);
    if (end == std::string_view::npos || end - position_ > 10) throw Malformed();
    const std::string_view what = text_.substr(position_, end - position_);
    position_ = end + 1;
    for (const Entity& entity : entities) {
      if (what == entity.name) return text.push_back(entity.character);
    }
    const bool hexadecimal = what.starts_with("#x");
    if (!what.starts_with("#")) throw Malformed();
    const char* first = what.data() + (hexadecimal ? 2 : 1);
    std::uint32_t code = 0;
    const auto [stop, error] =
        std::from_chars(first, what.data() + what.size(), code, hexadecimal ? 16 : 10);
    if (error != std::errc{} || stop != what.data() + what.size() || code == 0 || code > 0x10FFFF) {
      throw Malformed();
    }
    append_code_point(text, code);
  }

  XmlElement element(int depth) {
    if (depth > max_depth || ++elements_ > max_elements) throw Malformed();
    require("<");
    XmlElement result;
    const std::size_t begin = position_;
    result.name = name();
    const std::string_view tag = text_.substr(begin, position_ - begin);
    attributes();
    if (take("/>")) return result;
    require(">");
    content(result, depth);
    require(tag);
    skip_space();
    require(">");
    return result;
  }
  /// Up to and with the "</" of the end tag.
  void content(XmlElement& parent, int depth) {
    while (!take("</")) {
      if (position_ >= text_.size()) throw Malformed();
      if (take("<!--")) {
        skip_past("-->");
      } else if (text_[position_] == '<') {
        parent.children.push_back(element(depth + 1));
      } else if (take("&")) {
        reference(parent.text);
      } else {
        const std::size_t end = std::min(text_.find_first_of("<&", position_), text_.size());
        parent.text += text_.substr(position_, end - position_);
        position_ = end;
      }
    }
  }

  std::string_view text_;
  std::size_t position_ = 0;
  std::size_t elements_ = 0;
};

}  // namespace

const XmlElement* XmlElement::find(std::string_view child) const {
  const auto found = std::find_if(children.begin(), children.end(),
                                  [&](const XmlElement& each) { return each.name == child; });
  return found == children.end() ? nullptr : &*found;
}

std::string XmlElement::text_of(std::string_view child) const {
  const XmlElement* found = find(child);
  return found == nullptr ? std::string() : found->text;
}

std::optional<XmlElement> parse_xml(std::string_view document) {
  try {
    return Parser(document).document();
  } catch (const Malformed&) {
    return std::nullopt;
  }
}

std::string xml_escaped(std::string_view text) {
  std::string result;
  for (const char c : text) {
    const auto* entity = std::find_if(entities.begin(), entities.end(),
                                      [c](const Entity& each) { return each.character == c; });
    if (entity == entities.end()) {
      result += c;
    } else {
      result += "&" + std::string(entity->name) + ";";
    }
  }
  return result;
}

}  // namespace a2a_backup
