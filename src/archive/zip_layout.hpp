// SPDX-License-Identifier: MIT
/// Accounts for every byte between the start of a zip and its directory.
#pragma once

#include <cstdint>
#include <vector>

#include "zip_structures.hpp"

namespace a2a_backup {

/// Where the data of each entry starts, in the order of `headers`. Throws Error of kind `archive`
/// unless local headers, data and data descriptors fill the file up to `directory_offset` without
/// an overlap or a gap, and each local header says what the central one says. Reads once, a few
/// dozen bytes, per entry.
std::vector<std::uint64_t> locate_data(const RandomAccess& file,
                                       const std::vector<CentralHeader>& headers,
                                       std::uint64_t directory_offset);

}  // namespace a2a_backup
