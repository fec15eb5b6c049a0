// SPDX-License-Identifier: MIT
/// Why libcurl got no response, in our words.
#pragma once

#include <curl/curl.h>

#include <string>

#include "a2a_backup/core/http_client.hpp"

namespace a2a_backup {

/// `detail` is what libcurl says more than its code does, and may be empty; `ca_option` as in
/// HttpOptions.
HttpFailure failure_of(CURLcode code, const std::string& detail, const std::string& ca_option);

}  // namespace a2a_backup
