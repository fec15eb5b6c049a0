// SPDX-License-Identifier: MIT
/// Questions about paths that no file system has to answer.
#pragma once

#include <filesystem>

namespace a2a_backup {

/// Whether `path` is `folder` or lies below it. Both must be absolute and free of links.
bool is_inside(const std::filesystem::path& path, const std::filesystem::path& folder);

}  // namespace a2a_backup
