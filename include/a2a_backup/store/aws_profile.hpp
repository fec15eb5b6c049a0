// SPDX-License-Identifier: MIT
/// What this machine knows of S3: keys, region and endpoint, where the AWS tools keep them.
/// Source: the AWS CLI User Guide, "Configuration and credential file settings".
#pragma once

#include <string>

#include "a2a_backup/core/file.hpp"

namespace a2a_backup {

struct AwsCredentials {
  std::string key_id;  ///< a name, which may be shown
  std::string secret;  ///< never shown
  std::string token;   ///< of temporary credentials; never shown
};

/// A section of the two files. What is not said is "".
struct AwsProfile {
  AwsCredentials credentials;
  std::string region;
  std::string endpoint;
  std::string where;  ///< what was looked at, for messages
};

/// The profile `named`, else what the environment says (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY or
/// AWS_SECRET_ACCESS_KEY_FILE, AWS_SESSION_TOKEN), else the profile AWS_PROFILE or "default".
/// Profiles are read from ~/.aws/credentials (AWS_SHARED_CREDENTIALS_FILE) and ~/.aws/config
/// (AWS_CONFIG_FILE). AWS_REGION, AWS_DEFAULT_REGION, AWS_ENDPOINT_URL_S3 and AWS_ENDPOINT_URL are
/// heard where no profile is named. Throws Error of kind `key` when there is no such profile, or
/// when others can read a file that holds the secret.
AwsProfile read_aws_profile(const std::string& named);

}  // namespace a2a_backup
