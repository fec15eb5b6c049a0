// SPDX-License-Identifier: MIT
#include "a2a_backup/source/required.hpp"

#include <algorithm>

namespace a2a_backup {

std::optional<std::string> first_missing(const std::vector<std::string>& required,
                                         bool has_database,
                                         const std::function<bool(const std::string&)>& has_entry) {
  const auto missing = std::find_if(required.begin(), required.end(), [&](const std::string& name) {
    return name == required_database ? !has_database : !has_entry(name);
  });
  if (missing == required.end()) return std::nullopt;
  return *missing;
}

}  // namespace a2a_backup
