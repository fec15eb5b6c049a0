// SPDX-License-Identifier: MIT
/// The list of an entry's chunks, as its metadata has it.
#pragma once

#include <cstdint>
#include <vector>

#include "a2a_backup/archive/central_directory.hpp"
#include "zip_structures.hpp"

namespace a2a_backup {

/// Throws the Error that refuses the entry at `place` unless the compressed sizes in `chunks` add
/// up: see InflatePipeline.
void check_chunks(const EntryPlace& place, const ZipEntry& entry, std::uint64_t chunk_size,
                  const std::vector<std::uint64_t>& chunks);

}  // namespace a2a_backup
