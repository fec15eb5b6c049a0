// SPDX-License-Identifier: MIT
#include "a2a_backup/core/io.hpp"

#include <vector>

#include "a2a_backup/core/error.hpp"

namespace a2a_backup {

void for_each_piece(Reader& reader, const std::function<void(std::span<const std::byte>)>& take) {
  std::vector<std::byte> buffer(std::size_t{256} << 10);
  while (const std::size_t got = reader.read(buffer)) take(std::span(buffer).first(got));
}

std::size_t read_full(Reader& reader, std::span<std::byte> buffer) {
  std::size_t filled = 0;
  while (filled < buffer.size()) {
    const std::size_t got = reader.read(buffer.subspan(filled));
    if (got == 0) break;
    filled += got;
  }
  return filled;
}

std::string read_text(Reader& reader, std::uint64_t limit) {
  std::string text;
  for_each_piece(reader, [&](std::span<const std::byte> piece) {
    if (text.size() + piece.size() > limit) {
      throw Error(ErrorKind::failed, "more than " + std::to_string(limit) + " bytes of text");
    }
    text.append(reinterpret_cast<const char*>(piece.data()), piece.size());
  });
  return text;
}

}  // namespace a2a_backup
