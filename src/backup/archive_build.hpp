// SPDX-License-Identifier: MIT
/// The second half of a backup: the archive of what was captured, and the proof that it holds it.
#pragma once

#include "capture.hpp"
#include "previous_backup.hpp"

namespace a2a_backup {

/// Writes the captured entries and the metadata, which it completes, to the empty file `fd`. `path`
/// is what to call it in messages. Chunks that seem to be in the archive before are taken from
/// there as they are: whether they hold what was captured shows when the archive is proven. Returns
/// how many bytes of the entries that were.
std::uint64_t write_archive(int fd, const fs::path& path, const Sources& sources,
                            const CreateOptions& options, PreviousBackup& previous,
                            Metadata& metadata, Progress& progress);

/// Reads the whole archive back and compares it with what was captured. Throws Error of kind
/// `failed` when they differ.
void prove_archive(std::shared_ptr<const RandomAccess> archive, const Metadata& metadata,
                   unsigned jobs, Progress& progress);

}  // namespace a2a_backup
