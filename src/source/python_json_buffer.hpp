// SPDX-License-Identifier: MIT
/// Python's dialect of JSON, made strict on the way into the parser.
#pragma once

#include <streambuf>
#include <string>
#include <vector>

#include "a2a_backup/core/io.hpp"

namespace a2a_backup {

/// A stream buffer over a Reader that rewrites what Python's json writes beyond RFC 8259: the words
/// NaN, Infinity and -Infinity become null, an escaped surrogate without its other half becomes
/// \uFFFD, a number too long for the parser gets shorter. Without this, one odd task text would
/// stop every backup. A zero byte, which the parser would take for the end, becomes one that it
/// refuses.
class PythonJsonBuffer : public std::streambuf {
 public:
  explicit PythonJsonBuffer(Reader& reader);

  /// Whether the parser, which failed after reading `position` characters, had read everything:
  /// then the document is not wrong but cut off. It counts the end as a character.
  bool is_cut(std::size_t position) const { return ended_ && position > delivered_; }
  /// Bytes read so far.
  std::size_t size() const { return size_; }
  /// The first bytes of the document, to tell a web page from JSON.
  const std::string& head() const { return head_; }

 protected:
  int_type underflow() override;

 private:
  /// The longest thing that has to be seen whole: two escapes of six characters.
  static constexpr std::size_t lookahead = 12;

  /// Python's numbers have no limit, the parser's do; their values matter to nobody here.
  static constexpr std::size_t max_digits = 200;
  static constexpr std::size_t max_exponent_digits = 2;

  void refill();
  bool is_digit_to_drop(char c);
  /// Hands on the characters of a string that stand for themselves: nearly all of a document.
  std::size_t pass_text(std::size_t position);
  /// Translates the token at `position` and returns the position after it.
  std::size_t translate(std::size_t position);
  std::size_t translate_escape(std::size_t position);
  std::size_t translate_bare(std::size_t position);

  Reader& reader_;
  std::vector<std::byte> buffer_;
  std::string input_;   ///< read and not yet translated
  std::string output_;  ///< translated, being handed out
  std::string head_;
  std::size_t size_ = 0;
  std::size_t delivered_ = 0;  ///< characters handed to the parser
  std::size_t digits_ = 0;     ///< of the number being translated
  std::size_t digit_limit_ = max_digits;
  bool in_string_ = false;
  bool ended_ = false;
};

}  // namespace a2a_backup
