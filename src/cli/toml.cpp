// SPDX-License-Identifier: MIT
#include "a2a_backup/cli/toml.hpp"

#include <algorithm>
#include <iterator>
#include <string_view>

#include "a2a_backup/core/error.hpp"
#include "a2a_backup/core/text.hpp"

namespace a2a_backup {
namespace {

class Reader {
 public:
  Reader(std::string text, const std::string& name) : text_(std::move(text)), name_(name) {}

  std::vector<TomlItem> items() {
    for (skip_lines(); !at_end(); skip_lines()) {
      if (peek() == '[') {
        read_section();
      } else {
        read_item();
      }
      expect_end_of_line();
    }
    return std::move(items_);
  }

 private:
  bool at_end() const { return at_ >= text_.size(); }
  char peek() const { return at_end() ? '\0' : text_[at_]; }
  bool take(char c) {
    if (peek() != c) return false;
    ++at_;
    return true;
  }

  [[noreturn]] void fail(const std::string& problem) const {
    throw Error(ErrorKind::usage, name_ + ":" + std::to_string(line_) + ": " + problem,
                "write KEY = VALUE: true, 7, \"text\" or [\"text\", \"text\"]");
  }

  void skip_blanks() {
    while (peek() == ' ' || peek() == '\t' || peek() == '\r') ++at_;
  }
  void skip_comment() {
    skip_blanks();
    if (peek() == '#') at_ = std::min(text_.find('\n', at_), text_.size());
  }
  /// Over empty lines and comments.
  void skip_lines() {
    for (skip_comment(); take('\n'); skip_comment()) ++line_;
  }
  void expect_end_of_line() {
    skip_comment();
    if (!at_end() && peek() != '\n') fail("there is something after the value");
  }

  std::string read_word() {
    const std::size_t begin = at_;
    while (!at_end() && (std::isalnum(static_cast<unsigned char>(peek())) != 0 ||
                         std::string_view("_-+.:").find(peek()) != std::string_view::npos)) {
      ++at_;
    }
    return text_.substr(begin, at_ - begin);
  }

  char read_escape() {
    static constexpr std::string_view letters = "\"\\bfnrt";
    static constexpr std::string_view meanings = "\"\\\b\f\n\r\t";
    const std::size_t found = at_end() ? std::string_view::npos : letters.find(peek());
    if (found == std::string_view::npos) fail("there is an unknown escape in the string");
    ++at_;
    return meanings[found];
  }

  std::string read_string(char quote) {
    std::string value;
    while (!take(quote)) {
      if (at_end() || peek() == '\n') fail("a string has no end");
      const char c = text_[at_++];
      value += c == '\\' && quote == '"' ? read_escape() : c;
    }
    return value;
  }

  std::string read_value() {
    for (const char quote : {'"', '\''}) {
      if (take(quote)) return read_string(quote);
    }
    const std::string word = read_word();
    if (word.empty()) fail("there is no value");
    const bool number = word.find_first_not_of("0123456789+-.eE_:TZ") == std::string::npos;
    if (!number && word != "true" && word != "false") fail("text must stand in quotes");
    return word;
  }

  std::vector<std::string> read_array() {
    std::vector<std::string> values;
    for (skip_lines(); !take(']'); skip_lines()) {
      if (at_end()) fail("an array has no end");
      values.push_back(read_value());
      skip_lines();
      if (!take(',') && peek() != ']') fail("there is no comma between two values");
    }
    return values;
  }

  std::string read_key() {
    for (const char quote : {'"', '\''}) {
      if (take(quote)) return read_string(quote);
    }
    const std::string key = read_word();
    if (key.empty()) fail("there is no key");
    return key;
  }

  void read_section() {
    ++at_;
    skip_blanks();
    if (peek() == '[') fail("arrays of sections are not for configurations");
    section_ = read_key();
    items_.push_back({section_, {}, {}, line_});
    skip_blanks();
    if (!take(']')) fail("a section has no ]");
  }

  void read_item() {
    TomlItem item{section_, read_key(), {}, line_};
    if (const std::size_t dot = item.key.rfind('.'); dot != std::string::npos) {
      item.section += (section_.empty() ? "" : ".") + item.key.substr(0, dot);
      item.key.erase(0, dot + 1);
    }
    skip_blanks();
    if (!take('=')) fail("there is no = after '" + printable(item.key) + "'");
    skip_blanks();
    item.values = take('[') ? read_array() : std::vector{read_value()};
    for (const TomlItem& other : items_) {
      if (other.section == item.section && other.key == item.key) {
        fail("'" + printable(item.key) + "' is there twice");
      }
    }
    items_.push_back(std::move(item));
  }

  std::string text_;
  const std::string& name_;
  std::size_t at_ = 0;
  std::size_t line_ = 1;
  std::string section_;
  std::vector<TomlItem> items_;
};

}  // namespace

std::vector<TomlItem> read_toml(std::istream& stream, const std::string& name) {
  return Reader(std::string(std::istreambuf_iterator<char>(stream), {}), name).items();
}

}  // namespace a2a_backup
