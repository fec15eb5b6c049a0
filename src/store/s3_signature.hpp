// SPDX-License-Identifier: MIT
/// Signs a request to S3. Source: AWS, "Authenticating Requests: Using the Authorization Header
/// (AWS Signature Version 4)", Amazon S3 API Reference.
#pragma once

#include <string>

#include "a2a_backup/core/clock.hpp"
#include "a2a_backup/core/http_client.hpp"
#include "a2a_backup/store/aws_profile.hpp"

namespace a2a_backup {

/// Adds X-Amz-Date, X-Amz-Content-Sha256, where there is a token X-Amz-Security-Token, and an
/// Authorization that covers them, the host and all headers that are there already. The query of
/// the URL must be sorted and encoded, its path encoded; `payload` is the SHA-256 of the body.
void sign_s3_request(HttpRequest& request, const std::string& payload,
                     const AwsCredentials& credentials, const std::string& region, TimePoint time);

}  // namespace a2a_backup
