// SPDX-License-Identifier: MIT
/// The two bodies of an exchange, as libcurl's callbacks move them.
#pragma once

#include <cstdint>
#include <exception>
#include <span>

#include "a2a_backup/core/http_client.hpp"
#include "http_client_handle.hpp"

namespace a2a_backup {

/// What comes from the other side. It must outlive the transfer that it is connected to.
class Receiving {
 public:
  Receiving(EasyHandle& curl, HttpBody& body, std::uint64_t max_body)
      : curl_(curl), body_(body), max_body_(max_body) {}
  Receiving(const Receiving&) = delete;
  Receiving& operator=(const Receiving&) = delete;

  /// Lets the transfer bring it everything.
  void connect();

  /// The body had more than `max_body` bytes, and the transfer was given up.
  bool too_large() const { return too_large_; }
  /// Throws what the body threw: no exception may cross libcurl.
  void rethrow() const;
  /// After a transfer that went well.
  HttpResponse finish();

 private:
  static std::size_t on_data(char* data, std::size_t size, std::size_t count, void* user);
  static std::size_t on_header(char* data, std::size_t size, std::size_t count, void* user);
  void take(std::span<const std::byte> data);
  void keep_problem(std::span<const std::byte> data);
  int status() const { return static_cast<int>(curl_.get<long>(CURLINFO_RESPONSE_CODE)); }

  EasyHandle& curl_;
  HttpBody& body_;
  std::uint64_t max_body_;
  HttpResponse response_;
  bool begun_ = false;
  bool too_large_ = false;
  std::exception_ptr thrown_;
};

/// The part of a file that goes to the other side. It must outlive the transfer that it is
/// connected to.
class Sending {
 public:
  explicit Sending(HttpUpload& upload) : upload_(upload) {}
  Sending(const Sending&) = delete;
  Sending& operator=(const Sending&) = delete;

  /// Makes the transfer an upload of it.
  void connect(EasyHandle& curl);
  /// Throws what reading the file threw.
  void rethrow() const;

 private:
  static std::size_t on_send(char* data, std::size_t size, std::size_t count, void* user);
  static int on_seek(void* user, curl_off_t offset, int origin);

  HttpUpload& upload_;
  std::uint64_t position_ = 0;
  std::exception_ptr thrown_;
};

}  // namespace a2a_backup
