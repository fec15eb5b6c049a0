// SPDX-License-Identifier: MIT
#include "python_json_buffer.hpp"

#include <array>
#include <string_view>

namespace a2a_backup {
namespace {

enum class Surrogate : std::uint8_t { none, high, low };

/// What the six characters of an escape at the front of `text` stand for.
Surrogate surrogate_of(std::string_view text) {
  if (text.size() < 6 || !text.starts_with("\\u")) return Surrogate::none;
  if (text[2] != 'd' && text[2] != 'D') return Surrogate::none;
  const char digit = text[3];
  if (digit == '8' || digit == '9' || digit == 'a' || digit == 'b' || digit == 'A' ||
      digit == 'B') {
    return Surrogate::high;
  }
  const bool low = (digit >= 'c' && digit <= 'f') || (digit >= 'C' && digit <= 'F');
  return low ? Surrogate::low : Surrogate::none;
}

}  // namespace

PythonJsonBuffer::PythonJsonBuffer(Reader& reader) : reader_(reader), buffer_(65536) {}

void PythonJsonBuffer::refill() {
  const std::size_t got = reader_.read(buffer_);
  ended_ = got == 0;
  size_ += got;
  input_.append(reinterpret_cast<const char*>(buffer_.data()), got);
  if (head_.empty()) head_ = input_.substr(0, 64);
}

PythonJsonBuffer::int_type PythonJsonBuffer::underflow() {
  output_.clear();
  while (output_.empty() && !(ended_ && input_.empty())) {
    if (!ended_) refill();
    std::size_t position = 0;
    for (;;) {
      if (in_string_) position = pass_text(position);
      if (position == input_.size() || (!ended_ && position + lookahead > input_.size())) break;
      position = translate(position);
    }
    input_.erase(0, position);
  }
  delivered_ += output_.size();
  if (output_.empty()) return traits_type::eof();
  setg(output_.data(), output_.data(), output_.data() + output_.size());
  return traits_type::to_int_type(output_.front());
}

std::size_t PythonJsonBuffer::pass_text(std::size_t position) {
  std::size_t end = position;
  while (end < input_.size() && input_[end] != '"' && input_[end] != '\\' && input_[end] != '\0') {
    ++end;
  }
  output_.append(input_, position, end - position);
  return end;
}

std::size_t PythonJsonBuffer::translate(std::size_t position) {
  const char c = input_[position] == '\0' ? '\x01' : input_[position];
  if (in_string_ && c == '\\') return translate_escape(position);
  if (c == '"') in_string_ = !in_string_;
  if (!in_string_ && (c == 'N' || c == 'I' || c == '-')) return translate_bare(position);
  if (in_string_ || !is_digit_to_drop(c)) output_ += c;
  return position + 1;
}

bool PythonJsonBuffer::is_digit_to_drop(char c) {
  if (c >= '0' && c <= '9') return ++digits_ > digit_limit_;
  const bool exponent = c == 'e' || c == 'E';
  // The sign of an exponent stands between the two.
  if (c != '+') digit_limit_ = exponent ? max_exponent_digits : max_digits;
  digits_ = 0;
  return false;
}

std::size_t PythonJsonBuffer::translate_escape(std::size_t position) {
  const std::string_view rest = std::string_view(input_).substr(position);
  const Surrogate first = surrogate_of(rest);
  if (first == Surrogate::none) {
    // Both characters at once, so that an escaped quote does not end the string.
    output_ += rest.substr(0, 2);
    return position + std::min<std::size_t>(2, rest.size());
  }
  if (first == Surrogate::high && surrogate_of(rest.substr(6)) == Surrogate::low) {
    output_ += rest.substr(0, 12);
    return position + 12;
  }
  output_ += "\\uFFFD";
  return position + 6;
}

std::size_t PythonJsonBuffer::translate_bare(std::size_t position) {
  static constexpr std::array<std::string_view, 3> words{"NaN", "Infinity", "-Infinity"};
  const std::string_view rest = std::string_view(input_).substr(position);
  for (const std::string_view word : words) {
    if (rest.starts_with(word)) {
      output_ += "null";
      return position + word.size();
    }
    if (word.starts_with(rest) && rest.size() > 1) return input_.size();  // cut off in the word
  }
  output_ += rest.front();
  return position + 1;
}

}  // namespace a2a_backup
