// SPDX-License-Identifier: MIT
#include "a2a_backup/core/io.hpp"

#include <array>

#include "a2a_backup/core/error.hpp"

namespace a2a_backup {

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
  std::array<std::byte, 65536> buffer;
  while (const std::size_t got = reader.read(buffer)) {
    if (text.size() + got > limit) {
      throw Error(ErrorKind::failed, "more than " + std::to_string(limit) + " bytes of text");
    }
    text.append(reinterpret_cast<const char*>(buffer.data()), got);
  }
  return text;
}

}  // namespace a2a_backup
