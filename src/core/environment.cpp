// SPDX-License-Identifier: MIT
#include "a2a_backup/core/environment.hpp"

#include <cstdlib>

namespace a2a_backup {

std::string environment(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value == nullptr ? std::string() : std::string(value);
}

}  // namespace a2a_backup
