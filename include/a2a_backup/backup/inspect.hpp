// SPDX-License-Identifier: MIT
/// Everything a backup can tell about itself.
#pragma once

#include <string>
#include <vector>

#include "a2a_backup/backup/catalog.hpp"
#include "a2a_backup/core/progress.hpp"

namespace a2a_backup {

struct InspectedEntry {
  std::string name;
  std::uint64_t size = 0;
  std::uint64_t compressed_size = 0;
  std::string sha256;
};

struct Inspection {
  std::string name;
  std::string location;    ///< of the archive, as a path
  std::uint64_t size = 0;  ///< as it is stored
  bool encrypted = false;
  Metadata metadata;  ///< for a version 1 archive with what it lacks filled in from its content
  std::vector<InspectedEntry> entries;
};

/// From the metadata alone; only a version 1 archive is read whole, its database in a private
/// folder under `scratch_parent`. Throws Error of kind `archive`.
Inspection inspect_backup(SelectedBackup& backup, const fs::path& scratch_parent,
                          Progress& progress);

}  // namespace a2a_backup
