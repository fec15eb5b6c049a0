// SPDX-License-Identifier: MIT
/// The folder in which a restore prepares, and keeps what it replaced.
///
///     .a2a-backup/stage/       the new content, proven, while a restore is under way
///     .a2a-backup/undo-N/      the old content of the N-th restore; its file "manifest" is that
///                              restore's journal, renamed when it was done
///     .a2a-backup/journal      a restore that is committed and not done (in the root's area only)
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "a2a_backup/core/file.hpp"

namespace a2a_backup {

/// `<root>/.a2a-backup`.
fs::path root_work_area(const fs::path& root);

/// The area for files in `folder`: the root's when a rename from there can reach `folder`, else one
/// in `folder` itself.
fs::path work_area_for(const fs::path& root, const fs::path& folder);

/// Creates the area, private, with a .gitignore that keeps it out of version control, and an empty
/// `stage` in it.
void prepare_work_area(const fs::path& area);

fs::path stage_folder(const fs::path& area);
fs::path undo_folder(const fs::path& area, std::uint64_t number);

/// The highest number of an undo folder with a manifest, 0 when there is none.
std::uint64_t newest_undo(const fs::path& area);

/// Removes the stage and every undo folder but number `keep`, and the area itself when nothing is
/// left in it.
void clean_work_area(const fs::path& area, std::uint64_t keep);

}  // namespace a2a_backup
