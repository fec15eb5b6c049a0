// SPDX-License-Identifier: MIT
#include "a2a_backup/core/version.hpp"

namespace a2a_backup {

std::string_view version() {
  return A2A_BACKUP_VERSION;
}

}  // namespace a2a_backup
