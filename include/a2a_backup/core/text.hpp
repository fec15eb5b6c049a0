// SPDX-License-Identifier: MIT
/// Small words for people: sizes, counts, near misses.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace a2a_backup {

/// "1.4 MiB": three significant digits, binary units.
std::string format_bytes(std::uint64_t bytes);

/// "1,234,567".
std::string format_count(std::uint64_t count);

/// "1 row", "2 rows"; the plural is `noun` + "s".
std::string plural(std::uint64_t count, std::string_view noun);

/// The word in `known` that `word` was probably meant to be (edit distance at most 2), or "".
std::string nearest(std::string_view word, std::span<const std::string> known);

/// "a", "a or b", "a, b or c" for the conjunction "or".
std::string enumeration(std::span<const std::string> words, std::string_view conjunction);

/// `text` with control characters and bytes that are not printable shown as \xNN, for messages
/// about names that somebody else chose.
std::string printable(std::string_view text);

/// `text` without those of `blanks` that it begins and ends with.
std::string_view trimmed(std::string_view text, std::string_view blanks);

/// The beginning of `text`, at most `size` bytes of it, cut between characters of UTF-8.
std::string_view beginning_of(std::string_view text, std::size_t size);

/// `text` as a JSON-independent single-quoted shell word when it needs quoting.
std::string shell_word(std::string_view text);

/// Whether a slash-separated name matches one of the globs, by its whole name or by its last part.
bool matches_any(const std::vector<std::string>& globs, const std::string& name);

/// `text` with the letters A to Z in lower case, whatever the locale; all else stays. Equal results
/// are one name to a protocol, or to a file system, that ignores case.
std::string fold_case(std::string_view text);

}  // namespace a2a_backup
