// SPDX-License-Identifier: MIT
/// Where a report is written.
#pragma once

#include <string_view>

#include "a2a_backup/core/file.hpp"

namespace a2a_backup {

/// Writes the page to `file` by rename: who reads it sees the old page or the new one, whole. A
/// page of ours that is there is replaced and keeps its mode, a link is followed. A new one has
/// mode 0644 less the umask: it holds names, counts and hosts, and is made to be shown. Anything
/// else that is there is never overwritten: Error of kind `refused`. Other trouble is of kind
/// `failed`.
void write_report_file(const fs::path& file, std::string_view page);

}  // namespace a2a_backup
