// SPDX-License-Identifier: MIT
/// Paths that stay inside the folder they are unpacked in, for the zip around our zips.
#pragma once

#include <string>
#include <string_view>

namespace a2a_backup {

/// Why `path` is not a safe relative path, as the end of a sentence; empty when it is one: at most
/// 255 bytes of valid UTF-8, components separated by '/', none of them empty, '.' or '..', no
/// backslash, no colon, and no character that controls a terminal or the direction of text.
std::string unsafe_path_problem(std::string_view path);

}  // namespace a2a_backup
