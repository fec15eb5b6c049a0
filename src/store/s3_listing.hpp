// SPDX-License-Identifier: MIT
/// What is in a bucket.
#pragma once

#include <vector>

#include "a2a_backup/store/store.hpp"
#include "s3_bucket.hpp"

namespace a2a_backup {

/// The objects `folder` + name where the name begins with `prefix`, has no slash and does not begin
/// with a dot. Throws Error of kind `failed` for a listing that makes no sense, and as
/// S3Bucket::demand() does.
std::vector<StoredFile> list_objects(S3Bucket& bucket, const std::string& folder,
                                     const std::string& prefix);

/// The ids of all versions of an object, those that only mark a deletion last.
std::vector<std::string> list_versions(S3Bucket& bucket, const std::string& key);

}  // namespace a2a_backup
