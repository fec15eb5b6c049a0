// SPDX-License-Identifier: MIT
/// A part of an object.
#pragma once

#include <functional>

#include "s3_bucket.hpp"

namespace a2a_backup {

struct S3Range {
  std::string key;
  std::uint64_t offset = 0;
  std::uint64_t size = 0;   ///< at least 1
  std::uint64_t total = 0;  ///< the size of the object, and its ETag: another one is an error
  std::string etag;
};

/// Calls `write` with the range's bytes in order, each once, however often the connection breaks.
/// Throws Error of kind `failed` when the object is not the same any more, and as
/// S3Bucket::demand() does.
void fetch_range(S3Bucket& bucket, const S3Range& range,
                 const std::function<void(std::span<const std::byte>)>& write);

struct S3Tail {
  std::string bytes;
  std::uint64_t total = 0;
  std::string etag;
};

/// The last `size` bytes of an object, or all where there are fewer, in one request. Throws Error
/// of kind `not_found`, and as S3Bucket::demand() does.
S3Tail fetch_tail(S3Bucket& bucket, const std::string& key, std::uint64_t size);

}  // namespace a2a_backup
