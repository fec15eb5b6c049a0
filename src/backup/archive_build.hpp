// SPDX-License-Identifier: MIT
/// The second half of a backup: the archive of what was captured, and the proof that it holds it.
#pragma once

#include "capture.hpp"
#include "previous_backup.hpp"

namespace a2a_backup {

/// What an archive has to be when it is read back.
struct WrittenArchive {
  std::vector<EntryFacts> entries;  ///< in the order of the metadata
  std::string metadata;             ///< the text of its last entry
};

/// Writes the captured entries and the metadata, which it completes, to the empty file `fd`. `path`
/// is what to call it in messages. Chunks that are in the archive before are taken from there as
/// they are.
WrittenArchive write_archive(int fd, const fs::path& path, const Sources& sources,
                             const CreateOptions& options, PreviousBackup& previous,
                             Metadata& metadata, Progress& progress);

/// Reads the whole archive back and returns its digest. Throws Error of kind `failed` unless it has
/// the metadata that were written, and just those chunks that were compared with the data captured
/// when they were compressed, each where a reader will look for it.
FileDigest prove_archive(const std::shared_ptr<const RandomAccess>& archive,
                         const WrittenArchive& written, Progress& progress);

}  // namespace a2a_backup
