// SPDX-License-Identifier: MIT
/// An object as a local file, and as a file that is read in parts where it lies.
#pragma once

#include "a2a_backup/core/progress.hpp"
#include "s3_bucket.hpp"

namespace a2a_backup {

/// Copies it to the new 0600 file `file`, durably, in ranges: one that breaks off goes on where it
/// did. What arrives is compared with the SHA-256 that the upload noted. Throws Error of kind
/// `not_found`, of kind `archive` for other bytes than were put there, and as S3Bucket::demand()
/// does; then there is no file.
void download_object(S3Bucket& bucket, const std::string& key, const fs::path& file,
                     Progress& progress);

/// Its last 256 KiB are fetched at once, which hold the directory of an archive and its metadata;
/// other parts when they are read, and only as long as the object is the same. Throws as
/// download_object() does.
std::shared_ptr<const RandomAccess> open_object(std::shared_ptr<S3Bucket> bucket,
                                                const std::string& key);

}  // namespace a2a_backup
