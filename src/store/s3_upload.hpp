// SPDX-License-Identifier: MIT
/// A local file becomes an object, whole or not at all.
#pragma once

#include "a2a_backup/core/progress.hpp"
#include "s3_bucket.hpp"

namespace a2a_backup {

/// Files above this are sent in parts of this size at least (S3 wants 5 MiB), 10,000 at most.
inline constexpr std::uint64_t s3_part_size = std::uint64_t{16} << 20;

/// False when there is an object `key` already, which is left alone; where the service knows no
/// conditional PUT, another upload of the same moment may still win. An upload counts when HEAD
/// shows its size, its SHA-256 and its mark. Throws Error of kind `failed`, and as
/// S3Bucket::demand() does; parts that were sent are then taken back, also after a signal.
bool upload_object(S3Bucket& bucket, const fs::path& file, const std::string& key,
                   Progress& progress);

}  // namespace a2a_backup
