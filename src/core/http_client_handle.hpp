// SPDX-License-Identifier: MIT
/// What libcurl gives us, owned.
#pragma once

#include <curl/curl.h>

#include <array>
#include <string>

#include "a2a_backup/core/error.hpp"

namespace a2a_backup {

/// What libcurl keeps between transfers.
class HttpConnections {
 public:
  HttpConnections();
  ~HttpConnections();
  HttpConnections(const HttpConnections&) = delete;
  HttpConnections& operator=(const HttpConnections&) = delete;

  CURLM* multi() const { return multi_; }

 private:
  CURLM* multi_;
};

/// A transfer of libcurl that is taken down whatever happens.
class EasyHandle {
 public:
  explicit EasyHandle(HttpConnections& connections);
  ~EasyHandle();
  EasyHandle(const EasyHandle&) = delete;
  EasyHandle& operator=(const EasyHandle&) = delete;

  template <class Value>
  void set(CURLoption option, Value value) {
    if (curl_easy_setopt(easy_, option, value) != CURLE_OK) {
      throw Error(ErrorKind::failed, "libcurl refuses option " + std::to_string(option));
    }
  }
  void add_header(std::string line, const std::string& value);

  template <class Value>
  Value get(CURLINFO info) const {
    Value value{};
    curl_easy_getinfo(easy_, info, &value);
    return value;
  }
  /// What libcurl says about a transfer that failed, or "".
  std::string detail() const { return detail_.data(); }

  /// To its end; throws when a signal came.
  CURLcode perform();

 private:
  CURL* easy_;
  CURLM* multi_;
  curl_slist* headers_ = nullptr;
  std::array<char, CURL_ERROR_SIZE> detail_{};
};

}  // namespace a2a_backup
