// SPDX-License-Identifier: MIT
/// One exchange with a server, by libcurl.
#pragma once

#include "a2a_backup/core/http_client.hpp"

namespace a2a_backup {

/// Sends the request and waits for the whole response, for at most `timeout`. Follows no redirect:
/// `location`, when it leads somewhere, becomes an absolute URL. Only a good response reaches
/// `body`.
HttpOutcome transfer(const HttpRequest& request, HttpBody& body, const HttpOptions& options,
                     std::chrono::milliseconds timeout, std::string& location);

/// Starts libcurl, once.
void start_libcurl();

}  // namespace a2a_backup
