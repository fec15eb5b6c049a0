// SPDX-License-Identifier: MIT
/// The CRC-32 sums of an entry's chunks as the metadata has them: a text rather than a list, as
/// there may be many, eight hexadecimal digits for each chunk.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace a2a_backup {

/// More would leave too little of max_metadata_size for the sizes, which matter more.
inline constexpr std::size_t most_crc32s = 200'000;

std::string format_crc32s(const std::vector<std::uint32_t>& crc32s);

/// None when they are not one for each chunk: nobody needs them to read the data, and an archive
/// that somebody has packed again must not be refused for them.
std::vector<std::uint32_t> parse_crc32s(const std::string& text, std::size_t chunks);

}  // namespace a2a_backup
