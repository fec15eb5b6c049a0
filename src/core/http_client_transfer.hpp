// SPDX-License-Identifier: MIT
/// One exchange with a server, by libcurl.
#pragma once

#include "a2a_backup/core/http_client.hpp"

namespace a2a_backup {

/// Starts libcurl, once, and gives a client its pool of connections.
std::shared_ptr<HttpConnections> open_connections();

/// Sends the request and waits for the whole response, for at most `timeout`. Follows no redirect:
/// `location`, when it leads somewhere, becomes an absolute URL. Only a good response reaches
/// `body`.
HttpOutcome transfer(HttpConnections& connections, const HttpRequest& request, HttpBody& body,
                     const HttpOptions& options, std::chrono::milliseconds timeout,
                     std::string& location);

}  // namespace a2a_backup
