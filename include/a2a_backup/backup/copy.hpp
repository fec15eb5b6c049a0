// SPDX-License-Identifier: MIT
/// Brings backups from one store to another.
#pragma once

#include <string>
#include <vector>

#include "a2a_backup/core/progress.hpp"
#include "a2a_backup/store/store.hpp"

namespace a2a_backup {

/// Copies the archive `name`, byte by byte. False when it is there already. Throws Error of kind
/// `failed` when the name is taken by another file, and what the stores throw. What has to be
/// fetched first passes through `scratch_parent`.
bool copy_backup(const Store& from, const std::string& name, Store& to,
                 const fs::path& scratch_parent);

/// The backups of `from`, usable ones alone, whose names `to` does not have, the newest first.
std::vector<std::string> missing_backups(const Store& from, const Store& to);

}  // namespace a2a_backup
