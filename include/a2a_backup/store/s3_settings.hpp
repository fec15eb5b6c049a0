// SPDX-License-Identifier: MIT
/// Where an S3 service is, and how it wants to be asked.
#pragma once

#include <string>
#include <vector>

#include "a2a_backup/core/http_client.hpp"
#include "a2a_backup/store/aws_profile.hpp"

namespace a2a_backup {

/// What somebody has said; "" leaves it to the profile, then to the provider.
struct S3Options {
  std::string provider = {};  ///< one of s3_providers()
  std::string endpoint = {};  ///< "https://..."
  std::string region = {};
  std::string addressing = {};  ///< "path" (host/bucket/key) or "host" (bucket.host/key)
  std::string ca_file = {};
};

struct S3Settings {
  HttpUrl endpoint;
  std::string region = {};
  bool path_style = true;
  /// Whether a PUT with If-None-Match is refused where the name is taken.
  bool conditional_put = false;
  AwsCredentials credentials;
  HttpOptions http;
};

/// "aws", "gcs", "b2", "minio", "other".
const std::vector<std::string>& s3_providers();

/// Throws Error of kind `usage` for settings that are missing or contradict each other, of kind
/// `key` when there are no credentials. `profile` is read_aws_profile()'s.
S3Settings s3_settings(const S3Options& options, const AwsProfile& profile);

}  // namespace a2a_backup
