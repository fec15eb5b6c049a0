// SPDX-License-Identifier: MIT
/// A small web server for clients that are not trusted: it only answers GET, reads no body, keeps
/// no connection open, and bounds the time and the memory that each client can take (RFC 9112).
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "a2a_backup/core/file.hpp"

namespace a2a_backup {

struct HttpServerRequest {
  std::string path;                            ///< starts with a slash; without the query
  std::map<std::string, std::string> headers;  ///< names in lower case
  std::string peer;                            ///< the client's address, without port
};

struct HttpReply {
  int status = 200;
  std::string content_type = "application/json";
  std::string body;
  UniqueFd file;  ///< instead of `body`: the first `size` bytes of this file
  std::uint64_t size = 0;
  std::map<std::string, std::string> headers = {};  ///< more of them
};

/// Called by several threads at once. What it throws becomes status 500, and is logged.
using HttpHandler = std::function<HttpReply(const HttpServerRequest&)>;

struct HttpServerOptions {
  std::string host = "127.0.0.1";  ///< a numeric address
  std::uint16_t port = 8765;       ///< 0: any that is free
  fs::path tls_cert;               ///< PEM, with the chain; both or none
  fs::path tls_key;
  unsigned max_connections = 64;                      ///< further clients get status 503 at once
  std::chrono::milliseconds request_timeout{10'000};  ///< handshake and whole request
  std::chrono::milliseconds stall_timeout{30'000};    ///< for a client that reads nothing
  std::uint64_t slowest_rate = 65'536;  ///< bytes per second that a client must take on average
};

class HttpServer {
 public:
  /// Binds. Throws Error of kind `usage` for an address that is none or that cannot be bound, and
  /// for a certificate that cannot be used.
  HttpServer(HttpServerOptions options, HttpHandler handler);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  /// "127.0.0.1:8765", as it was bound.
  std::string address() const;

  /// Serves until SIGINT or SIGTERM; then takes no more clients and returns when those that are
  /// being answered have their answer. Logs each request without its headers.
  void run();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// A reply that says what is wrong, {"error": "not found"}: `error`, which is written as it is, or
/// the name of the status. With the fields that 401 and 405 must have.
HttpReply error_reply(int status, std::string_view error = {});

/// The password in the value of an Authorization header of the Basic scheme (RFC 7617), whatever
/// the name beside it; nothing when it is none.
std::optional<std::string> basic_password(std::string_view authorization);

/// "1.2.3.4:80" or "[::1]:80" into host and port. Throws Error of kind `usage`.
std::pair<std::string, std::uint16_t> parse_listen_address(const std::string& text);

}  // namespace a2a_backup
