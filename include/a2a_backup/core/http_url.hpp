// SPDX-License-Identifier: MIT
/// The address of a web service, taken apart and found safe to send a key to.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace a2a_backup {

struct HttpUrl {
  std::string scheme;  ///< "https", or "http" on this machine
  std::string host;    ///< lower case, an IPv6 address in brackets
  std::string port;    ///< always there
  std::string path;    ///< "" or "/something", percent-encoded, without a slash at its end
  std::string query;   ///< without its question mark

  /// "https://host[:port]", the port when it is not the usual one.
  std::string origin() const;
  /// What may be shown and stored: without a query, which may hold a secret.
  std::string text() const { return origin() + path; }
  /// What is asked for.
  std::string full() const { return text() + (query.empty() ? "" : "?" + query); }
};

/// Throws Error of kind `usage` when `text` is no URL, has another scheme, a user name or password,
/// or is plain http to another machine. The message repeats neither user name, password nor query.
HttpUrl parse_http_url(const std::string& text);

/// `base` with `path` ("/health") behind its own path.
HttpUrl join(const HttpUrl& base, std::string_view path);

/// `text` with every byte percent-encoded but letters, digits, "-._~" (RFC 3986, unreserved) and
/// those in `kept`.
std::string percent_encoded(std::string_view text, std::string_view kept = {});

/// The reverse; nothing when two hexadecimal digits do not follow each percent sign.
std::optional<std::string> percent_decoded(std::string_view text);

/// Whether `host` is this machine: localhost, 127.0.0.0/8 or ::1 in brackets or not.
bool is_loopback(std::string_view host);

}  // namespace a2a_backup
