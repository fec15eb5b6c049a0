// SPDX-License-Identifier: MIT
/// The text of a request and of a response.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "a2a_backup/core/http_server.hpp"

namespace a2a_backup {

inline constexpr std::size_t max_request_head = std::size_t{16} << 10;

struct ParsedRequest {
  int status = 200;  ///< else why it is refused: 400, 405, 413 or 505
  HttpServerRequest request;
};

/// Reads everything up to and with the empty line. Strict: what is not plainly a request without a
/// body is refused.
ParsedRequest parse_request(std::string_view head);

/// The status line and the header fields, with the empty line.
std::string format_head(const HttpReply& reply);

}  // namespace a2a_backup
