// SPDX-License-Identifier: MIT
#include "a2a_backup/core/space_needs.hpp"

#include "a2a_backup/core/text.hpp"

namespace a2a_backup {

void SpaceNeeds::add(const fs::path& folder, std::uint64_t bytes) {
  const auto status = stat_path(folder);
  if (!status) return;  // whoever writes there will say that it is missing
  Need& need = needs_[status->st_dev];
  need.folder = folder;
  need.bytes += bytes;
}

void SpaceNeeds::require(const std::string& purpose, const std::string& hint) const {
  for (const auto& [device, need] : needs_) {
    const std::uint64_t available = free_space(need.folder);
    if (available >= need.bytes) continue;
    throw Error(ErrorKind::failed,
                "not enough space in " + need.folder.string() + " " + purpose + ": needs about " +
                    format_bytes(need.bytes) + ", has " + format_bytes(available),
                hint);
  }
}

}  // namespace a2a_backup
