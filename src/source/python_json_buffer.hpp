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
/// \uFFFD. Without this, one odd task text would stop every backup.
class PythonJsonBuffer : public std::streambuf {
 public:
  explicit PythonJsonBuffer(Reader& reader);

  /// The first bytes of the document, to tell a web page from JSON.
  const std::string& head() const { return head_; }

 protected:
  int_type underflow() override;

 private:
  /// The longest thing that has to be seen whole: two escapes of six characters.
  static constexpr std::size_t lookahead = 12;

  void refill();
  /// Translates the token at `position` and returns the position after it.
  std::size_t translate(std::size_t position);
  std::size_t translate_escape(std::size_t position);
  std::size_t translate_bare(std::size_t position);

  Reader& reader_;
  std::vector<std::byte> buffer_;
  std::string input_;   ///< read and not yet translated
  std::string output_;  ///< translated, being handed out
  std::string head_;
  bool in_string_ = false;
  bool ended_ = false;
};

}  // namespace a2a_backup
