// SPDX-License-Identifier: MIT
/// The second half of a backup: the archive of what was captured, and the proof that it holds it.
#pragma once

#include "capture.hpp"
#include "previous_backup.hpp"

namespace a2a_backup {

/// Writes the captured entries and the metadata, which it completes, to the empty file `fd`. `path`
/// is what to call it in messages. Chunks that are in the archive before are taken from there as
/// they are. Returns what there is to say of each entry, in the order of the metadata.
std::vector<EntryFacts> write_archive(int fd, const fs::path& path, const Sources& sources,
                                      const CreateOptions& options, PreviousBackup& previous,
                                      Metadata& metadata, Progress& progress);

/// Reads the whole archive back and returns its digest. Throws Error of kind `failed` unless it
/// says of itself what `metadata` says, and has just those chunks that were compared with the data
/// captured when they were compressed, each where a reader will look for it.
FileDigest prove_archive(const std::shared_ptr<const RandomAccess>& archive,
                         const Metadata& metadata, const std::vector<EntryFacts>& entries,
                         Progress& progress);

}  // namespace a2a_backup
