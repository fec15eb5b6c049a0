// SPDX-License-Identifier: MIT
/// Files that are made to be read by others: the report, the metrics.
#pragma once

#include <string_view>

#include "a2a_backup/core/file.hpp"

namespace a2a_backup {

struct PublishedKind {
  std::string_view name;                   ///< "report"
  bool (*is_own)(std::string_view start);  ///< whether a file that begins so is one of ours
};

/// Writes `content` to `file` by rename: who reads it sees the old file or the new one, whole. One
/// of ours that is there is replaced and keeps its mode, a link is followed. A new one has mode
/// 0644 less the umask: it is made to be shown. Anything else that is there is never overwritten:
/// Error of kind `refused`. Other trouble is of kind `failed`.
void write_published_file(const fs::path& file, std::string_view content,
                          const PublishedKind& kind);

}  // namespace a2a_backup
