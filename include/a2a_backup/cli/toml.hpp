// SPDX-License-Identifier: MIT
/// The part of TOML (v1.0.0, https://toml.io) that a configuration of options needs: sections, and
/// keys with strings, numbers, booleans and arrays of those.
#pragma once

#include <istream>
#include <string>
#include <vector>

namespace a2a_backup {

struct TomlItem {
  std::string section;              ///< "" before the first one; "a.b" for [a.b]
  std::string key;                  ///< "" for the line that begins the section
  std::vector<std::string> values;  ///< one, or those of the array
  std::size_t line = 0;
};

/// All items in order. Throws Error of kind `usage` that begins with `name` and the line number.
std::vector<TomlItem> read_toml(std::istream& stream, const std::string& name);

}  // namespace a2a_backup
