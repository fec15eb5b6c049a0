// SPDX-License-Identifier: MIT
/// One check of a service that waits for pings.
#pragma once

#include <optional>
#include <string>

#include "a2a_backup/core/http_url.hpp"

namespace a2a_backup {

class Ping {
 public:
  /// Nothing for an empty `url`. Throws Error of kind `usage` when it is no URL.
  explicit Ping(const std::string& url);

  void start() const;
  /// `text` for people, whose first 10,000 bytes are sent.
  void success(const std::string& text) const;
  void failure(const std::string& text) const;

 private:
  void send(const std::string& path, const std::string& text, int tries) const;

  std::optional<HttpUrl> url_;
};

}  // namespace a2a_backup
