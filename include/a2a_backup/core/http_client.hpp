// SPDX-License-Identifier: MIT
/// Asks web services, distrustfully: encrypted, bounded in time and size, patient with hiccups.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "a2a_backup/core/error.hpp"
#include "a2a_backup/core/file.hpp"
#include "a2a_backup/core/http_url.hpp"
#include "a2a_backup/core/progress.hpp"

namespace a2a_backup {

/// What a PUT sends: a part of a file, from its start again in every try.
class HttpUpload {
 public:
  /// `file` and `progress` must outlive it; `progress` is told of each byte once.
  HttpUpload(const RandomAccess& file, std::uint64_t offset, std::uint64_t size, Progress& progress)
      : file_(file), offset_(offset), size_(size), progress_(progress) {}

  std::uint64_t size() const { return size_; }
  /// Fills the front of `buffer` from `position` in the part; 0 only at its end.
  std::size_t read_at(std::uint64_t position, std::span<std::byte> buffer);

 private:
  const RandomAccess& file_;
  std::uint64_t offset_;
  std::uint64_t size_;
  std::uint64_t reported_ = 0;
  Progress& progress_;
};

struct HttpRequest {
  std::string method = "GET";
  HttpUrl url = {};
  /// Sent to the host of `url` and to no other; values are never shown.
  std::map<std::string, std::string> headers = {};
  std::uint64_t max_body = 0;  ///< 0: what the client's options say
  std::string content = {};    ///< what a POST says
  std::string content_type = "text/plain; charset=utf-8";
  HttpUpload* upload = nullptr;  ///< what a PUT sends
  bool follow_redirects = true;  ///< else a redirect is an answer like any other
};

struct HttpResponse {
  int status = 0;
  std::map<std::string, std::string> headers;  ///< names in lower case
  std::uint64_t size = 0;                      ///< bytes of the body
  std::optional<std::chrono::seconds> retry_after;
  std::string problem;  ///< the first 64 KiB of the body of a response that is not good

  bool good() const { return status >= 200 && status < 300; }
  /// The value of a header, by its name in lower case, or "".
  std::string header(const std::string& name) const;
  /// "application/json" of "Application/JSON; charset=utf-8".
  std::string content_type() const;
};

/// Where the body of a good response goes.
class HttpBody {
 public:
  virtual ~HttpBody() = default;
  /// A response begins: what came before, from a try that failed, is forgotten, unless `response`
  /// (its body is still to come) says that it goes on from there.
  virtual void restart(const HttpResponse& response) = 0;
  virtual void write(std::span<const std::byte> data) = 0;
};

/// A new 0600 file.
class HttpFileBody : public HttpBody {
 public:
  HttpFileBody(fs::path path, Progress& progress);
  void restart(const HttpResponse& response) override;
  void write(std::span<const std::byte> data) override;
  /// fsync.
  void finish();

 private:
  fs::path path_;
  UniqueFd fd_;
  Progress& progress_;
};

class HttpTextBody : public HttpBody {
 public:
  void restart(const HttpResponse&) override { text_.clear(); }
  void write(std::span<const std::byte> data) override;
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

struct HttpOptions {
  fs::path ca_file;                     ///< trust these authorities instead of the system's
  std::string ca_option = "--ca-file";  ///< the option that names it, for messages
  std::uint64_t max_body = std::uint64_t{1} << 30;
  std::chrono::milliseconds connect_timeout{15'000};
  std::chrono::milliseconds stall_timeout{30'000};    ///< without a byte
  std::chrono::milliseconds total_timeout{3600'000};  ///< of all tries together
  int retries = 4;
  std::chrono::milliseconds first_pause{500};  ///< doubled before each further try
  std::chrono::milliseconds longest_pause{30'000};
  ErrorKind kind = ErrorKind::failed;  ///< of the errors about the other side
};

/// Why a try brought no response.
struct HttpFailure {
  std::string message;  ///< the end of a sentence: "does not answer: timeout was reached"
  std::string hint;
  bool transient = false;  ///< another try may do better
  bool timeout = false;    ///< nothing came in time
};

struct HttpOutcome {
  HttpResponse response;
  std::optional<HttpFailure> failure;
};

class HttpConnections;

/// Connections are kept for the next request. Certificates are always verified, against `ca_file`,
/// $SSL_CERT_FILE or the system's authorities; TLS 1.2 is the least. A redirect is followed to the
/// same host only, and never from https to http. Not for use by two threads at once. Ctrl-C and
/// SIGTERM end every wait.
class HttpClient {
 public:
  /// Throws Error of kind `usage` when `ca_file` cannot be read.
  explicit HttpClient(HttpOptions options);

  /// Asks until there is an answer that another try would not change: connections that fail or
  /// break, timeouts and the statuses 429, 500, 502, 503 and 504 are tried again, after a pause
  /// that grows, or as long as the answer's Retry-After says, within bounds. What is returned may
  /// be any status but a redirect. Throws Error of the options' kind.
  HttpResponse send(const HttpRequest& request, HttpBody& body);
  /// The same with a request that is made anew for each try, as a signature with a time wants it.
  HttpResponse send(const std::function<HttpRequest()>& make_request, HttpBody& body);

  /// One try.
  HttpOutcome try_once(const HttpRequest& request, HttpBody& body,
                       std::chrono::milliseconds timeout);

 private:
  HttpOptions options_;
  std::shared_ptr<HttpConnections> connections_;
};

/// Sleeps, but not through a signal: then throws as check_interrupt() does.
void sleep_interruptibly(std::chrono::milliseconds duration);

}  // namespace a2a_backup
