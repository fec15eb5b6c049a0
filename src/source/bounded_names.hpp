// SPDX-License-Identifier: MIT
/// Names of agents and statuses are data: a file that is full of them must not fill the memory and
/// the metadata.
#pragma once

#include <cstddef>
#include <string>

#include "a2a_backup/core/text.hpp"

namespace a2a_backup {

/// The key under which `map` keeps what belongs to `name`: its beginning, or one for all others
/// when the map is full.
template <class Map>
std::string bounded_name(const Map& map, const std::string& name) {
  constexpr std::size_t max_names = 1000;
  constexpr std::size_t max_name_length = 200;
  std::string key(beginning_of(name, max_name_length));
  return map.size() < max_names || map.contains(key) ? key : "(others)";
}

}  // namespace a2a_backup
