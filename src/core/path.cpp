// SPDX-License-Identifier: MIT
#include "a2a_backup/core/path.hpp"

#include <algorithm>

namespace a2a_backup {

bool is_inside(const std::filesystem::path& path, const std::filesystem::path& folder) {
  return std::mismatch(folder.begin(), folder.end(), path.begin(), path.end()).first ==
         folder.end();
}

}  // namespace a2a_backup
