// SPDX-License-Identifier: MIT
/// Takes a backup apart into a folder of its own.
#pragma once

#include <string>
#include <vector>

#include "a2a_backup/backup/catalog.hpp"
#include "a2a_backup/core/progress.hpp"

namespace a2a_backup {

/// Writes the chosen entries of a backup, proven, into `folder`, which must be empty or not exist
/// yet (else Error of kind `refused`). Returns the entry names. On failure the folder is as before.
std::vector<std::string> restore_to_folder(SelectedBackup& backup, const fs::path& folder,
                                           const std::vector<std::string>& only,
                                           Progress& progress);

}  // namespace a2a_backup
