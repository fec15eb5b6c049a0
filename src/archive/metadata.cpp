// SPDX-License-Identifier: MIT
#include "a2a_backup/archive/metadata.hpp"

#include <algorithm>

namespace a2a_backup {

std::uint64_t total_rows(const DatabaseRecord& database) {
  std::uint64_t rows = 0;
  for (const auto& [table, count] : database.tables) rows += count;
  return rows;
}

const EntryRecord* Metadata::find(std::string_view path) const {
  const auto found =
      std::find_if(entries.begin(), entries.end(), [&](const auto& e) { return e.path == path; });
  return found == entries.end() ? nullptr : &*found;
}

}  // namespace a2a_backup
