// SPDX-License-Identifier: MIT
#include "http_client_transfer.hpp"

#include <curl/curl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <exception>

#include "a2a_backup/core/interrupt.hpp"
#include "a2a_backup/core/text.hpp"
#include "a2a_backup/core/version.hpp"

namespace a2a_backup {

/// What libcurl keeps between transfers.
class HttpConnections {
 public:
  HttpConnections() : multi_(curl_multi_init()) {
    if (multi_ == nullptr) throw Error(ErrorKind::failed, "libcurl does not start");
  }
  ~HttpConnections() { curl_multi_cleanup(multi_); }
  HttpConnections(const HttpConnections&) = delete;
  HttpConnections& operator=(const HttpConnections&) = delete;

  CURLM* multi() const { return multi_; }

 private:
  CURLM* multi_;
};

namespace {

constexpr std::size_t max_headers = 200;
constexpr std::size_t max_problem = std::size_t{64} << 10;
/// How long a signal may go unheard.
constexpr int poll_milliseconds = 100;

std::string trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return std::string(text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1));
}

/// The authorities that this system trusts, wherever it keeps them; "" leaves it to libcurl.
std::string find_ca_bundle() {
  const char* named = std::getenv("SSL_CERT_FILE");
  if (named != nullptr && *named != '\0') return named;
  for (const char* path : {"/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt",
                           "/etc/ssl/cert.pem"}) {
    if (access(path, R_OK) == 0) return path;
  }
  return {};
}

/// A transfer of libcurl that is taken down whatever happens.
class EasyHandle {
 public:
  explicit EasyHandle(HttpConnections& connections)
      : easy_(curl_easy_init()), multi_(connections.multi()) {
    if (easy_ == nullptr) throw Error(ErrorKind::failed, "libcurl does not start");
  }
  ~EasyHandle() {
    curl_multi_remove_handle(multi_, easy_);
    curl_easy_cleanup(easy_);
    curl_slist_free_all(headers_);
  }
  EasyHandle(const EasyHandle&) = delete;
  EasyHandle& operator=(const EasyHandle&) = delete;

  template <class Value>
  void set(CURLoption option, Value value) {
    if (curl_easy_setopt(easy_, option, value) != CURLE_OK) {
      throw Error(ErrorKind::failed, "libcurl refuses option " + std::to_string(option));
    }
  }
  void add_header(std::string line, const std::string& value) {
    line += ": ";
    line += value;
    headers_ = curl_slist_append(headers_, line.c_str());
    set(CURLOPT_HTTPHEADER, headers_);
  }
  template <class Value>
  Value get(CURLINFO info) const {
    Value value{};
    curl_easy_getinfo(easy_, info, &value);
    return value;
  }
  std::string detail() const { return detail_.data(); }

  CURLcode perform() {
    set(CURLOPT_ERRORBUFFER, detail_.data());
    curl_multi_add_handle(multi_, easy_);
    for (int running = 1; running > 0;) {
      curl_multi_perform(multi_, &running);
      check_interrupt();
      if (running > 0) curl_multi_poll(multi_, nullptr, 0, poll_milliseconds, nullptr);
    }
    int left = 0;
    const CURLMsg* end = curl_multi_info_read(multi_, &left);
    return end == nullptr ? CURLE_FAILED_INIT : end->data.result;
  }

 private:
  CURL* easy_;
  CURLM* multi_;
  curl_slist* headers_ = nullptr;
  std::array<char, CURL_ERROR_SIZE> detail_{};
};

/// What the callbacks fill.
struct Receiving {
  EasyHandle& curl;
  HttpBody& body;
  std::uint64_t max_body;
  HttpResponse response;
  bool begun = false;
  bool too_large = false;
  std::exception_ptr thrown;  ///< by the body: no exception may cross libcurl

  void take(std::span<const std::byte> data) {
    response.size += data.size();
    too_large = response.size > max_body;
    if (too_large) return;
    response.status = static_cast<int>(curl.get<long>(CURLINFO_RESPONSE_CODE));
    if (!response.good()) return keep_problem(data);
    if (!begun) body.restart(response);
    begun = true;
    body.write(data);
  }
  void keep_problem(std::span<const std::byte> data) {
    const std::size_t room = max_problem - response.problem.size();
    response.problem.append(reinterpret_cast<const char*>(data.data()),
                            std::min(room, data.size()));
  }
};

/// What is read from the file that is sent.
struct Sending {
  HttpUpload* upload;
  std::uint64_t position = 0;
  std::exception_ptr thrown;
};

std::size_t on_send(char* data, std::size_t size, std::size_t count, void* user) {
  auto& sending = *static_cast<Sending*>(user);
  try {
    const std::size_t got = sending.upload->read_at(
        sending.position, std::as_writable_bytes(std::span(data, size * count)));
    sending.position += got;
    return got;
  } catch (...) {
    sending.thrown = std::current_exception();
    return CURL_READFUNC_ABORT;
  }
}

/// libcurl goes back when a connection that it kept turns out to be dead.
int on_seek(void* user, curl_off_t offset, int origin) {
  if (origin != SEEK_SET || offset < 0) return CURL_SEEKFUNC_FAIL;
  static_cast<Sending*>(user)->position = static_cast<std::uint64_t>(offset);
  return CURL_SEEKFUNC_OK;
}

/// Fewer bytes than it was given tell libcurl to stop.
std::size_t on_data(char* data, std::size_t size, std::size_t count, void* user) {
  auto& receiving = *static_cast<Receiving*>(user);
  try {
    receiving.take(std::as_bytes(std::span(data, size * count)));
    return receiving.too_large ? 0 : size * count;
  } catch (...) {
    receiving.thrown = std::current_exception();
    return 0;
  }
}

std::size_t on_header(char* data, std::size_t size, std::size_t count, void* user) {
  auto& headers = static_cast<Receiving*>(user)->response.headers;
  const std::string_view line(data, size * count);
  const std::size_t colon = line.find(':');
  if (line.starts_with("HTTP/")) {
    headers.clear();  // the one before was an interim response
  } else if (colon != std::string_view::npos && headers.size() < max_headers) {
    headers[fold_case(line.substr(0, colon))] = trimmed(line.substr(colon + 1));
  }
  return size * count;
}

bool is_transient(CURLcode code) {
  constexpr std::array codes{CURLE_COULDNT_RESOLVE_PROXY,
                             CURLE_COULDNT_RESOLVE_HOST,
                             CURLE_COULDNT_CONNECT,
                             CURLE_PARTIAL_FILE,
                             CURLE_OPERATION_TIMEDOUT,
                             CURLE_SSL_CONNECT_ERROR,
                             CURLE_GOT_NOTHING,
                             CURLE_SEND_ERROR,
                             CURLE_RECV_ERROR,
                             CURLE_HTTP2,
                             CURLE_HTTP2_STREAM};
  return std::find(codes.begin(), codes.end(), code) != codes.end();
}

HttpFailure failure_of(CURLcode code, const std::string& detail, const std::string& ca_option) {
  const std::string reason = printable(detail.empty() ? curl_easy_strerror(code) : detail);
  HttpFailure failure{"does not answer: " + reason, "see whether the service runs, and try again",
                      is_transient(code), code == CURLE_OPERATION_TIMEDOUT};
  if (code == CURLE_PEER_FAILED_VERIFICATION) {
    failure.message = "cannot prove who it is: " + reason;
    failure.hint =
        "correct the URL, or name the authority that it relies on with " + ca_option + " FILE";
  } else if (code == CURLE_SSL_CACERT_BADFILE) {
    failure.message = "cannot be trusted: " + reason;
    failure.hint = "correct " + ca_option + " or SSL_CERT_FILE";
  } else if (code == CURLE_PARTIAL_FILE) {
    failure.message = "broke off in the middle: " + reason;
  }
  return failure;
}

void prepare(EasyHandle& curl, const HttpRequest& request, const HttpOptions& options,
             std::chrono::milliseconds timeout) {
  const auto milliseconds_of = [](auto duration) {
    return static_cast<long>(std::max<std::int64_t>(1, duration.count()));
  };
  const bool https = request.url.scheme == "https";
  curl.set(CURLOPT_URL, request.url.full().c_str());
  curl.set(CURLOPT_PROTOCOLS_STR, https ? "https" : "http");
  curl.set(CURLOPT_PATH_AS_IS, 1L);
  curl.set(CURLOPT_FOLLOWLOCATION, 0L);
  curl.set(CURLOPT_NOSIGNAL, 1L);
  curl.set(CURLOPT_QUICK_EXIT, 1L);  // do not wait for a name that is being looked up
  // Plain http is for this machine alone: no proxy may come in between.
  if (!https) curl.set(CURLOPT_NOPROXY, "*");
  if (request.method != "GET") curl.set(CURLOPT_CUSTOMREQUEST, request.method.c_str());
  if (request.method == "HEAD") curl.set(CURLOPT_NOBODY, 1L);
  if (request.method == "POST") {
    curl.set(CURLOPT_POSTFIELDSIZE, static_cast<long>(request.content.size()));
    curl.set(CURLOPT_POSTFIELDS, request.content.c_str());
    if (!request.headers.contains("Content-Type")) {
      curl.add_header("Content-Type", request.content_type);
    }
  }

  curl.set(CURLOPT_SSL_VERIFYPEER, 1L);
  curl.set(CURLOPT_SSL_VERIFYHOST, 2L);
  curl.set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  const std::string authorities =
      options.ca_file.empty() ? find_ca_bundle() : options.ca_file.string();
  if (!authorities.empty()) {
    curl.set(CURLOPT_CAINFO, authorities.c_str());
    curl.set(CURLOPT_CAPATH, static_cast<const char*>(nullptr));
  }

  curl.set(CURLOPT_CONNECTTIMEOUT_MS, milliseconds_of(options.connect_timeout));
  curl.set(CURLOPT_TIMEOUT_MS, milliseconds_of(timeout));
  curl.set(CURLOPT_LOW_SPEED_LIMIT, 1L);
  curl.set(CURLOPT_LOW_SPEED_TIME,
           std::max(1L, static_cast<long>(options.stall_timeout.count() / 1000)));
  curl.set(CURLOPT_USERAGENT, ("a2a-backup/" + std::string(version())).c_str());
  for (const auto& [name, value] : request.headers) curl.add_header(name, value);
}

}  // namespace

std::shared_ptr<HttpConnections> open_connections() {
  static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (started != CURLE_OK) throw Error(ErrorKind::failed, "libcurl does not start");
  return std::make_shared<HttpConnections>();
}

HttpOutcome transfer(HttpConnections& connections, const HttpRequest& request, HttpBody& body,
                     const HttpOptions& options, std::chrono::milliseconds timeout,
                     std::string& location) {
  EasyHandle curl(connections);
  const std::uint64_t max_body = request.max_body == 0 ? options.max_body : request.max_body;
  Receiving receiving{curl, body, max_body, {}, false, false, {}};
  prepare(curl, request, options, timeout);
  curl.set(CURLOPT_WRITEFUNCTION, on_data);
  curl.set(CURLOPT_WRITEDATA, &receiving);
  curl.set(CURLOPT_HEADERFUNCTION, on_header);
  curl.set(CURLOPT_HEADERDATA, &receiving);
  Sending sending{request.upload, 0, {}};
  if (request.upload != nullptr) {
    curl.set(CURLOPT_UPLOAD, 1L);
    curl.set(CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(request.upload->size()));
    curl.set(CURLOPT_READFUNCTION, on_send);
    curl.set(CURLOPT_READDATA, &sending);
    curl.set(CURLOPT_SEEKFUNCTION, on_seek);
    curl.set(CURLOPT_SEEKDATA, &sending);
  }
  const CURLcode code = curl.perform();
  if (sending.thrown) std::rethrow_exception(sending.thrown);
  if (receiving.thrown) std::rethrow_exception(receiving.thrown);
  if (receiving.too_large) {
    return {{}, HttpFailure{"sends more than " + format_bytes(max_body), "", false, false}};
  }
  if (code != CURLE_OK) return {{}, failure_of(code, curl.detail(), options.ca_option)};

  HttpResponse& response = receiving.response;
  response.status = static_cast<int>(curl.get<long>(CURLINFO_RESPONSE_CODE));
  if (const auto wait = curl.get<curl_off_t>(CURLINFO_RETRY_AFTER); wait > 0) {
    response.retry_after = std::chrono::seconds(wait);
  }
  if (const char* target = curl.get<char*>(CURLINFO_REDIRECT_URL)) location = target;
  if (response.good() && !receiving.begun) body.restart(response);  // an empty body is one, too
  return {std::move(response), {}};
}

}  // namespace a2a_backup
