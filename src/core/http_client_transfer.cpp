// SPDX-License-Identifier: MIT
#include "http_client_transfer.hpp"

#include <curl/curl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "a2a_backup/core/text.hpp"
#include "a2a_backup/core/version.hpp"
#include "http_client_bodies.hpp"
#include "http_client_failure.hpp"
#include "http_client_handle.hpp"

namespace a2a_backup {
namespace {

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

/// What is asked for, and whom.
void set_request(EasyHandle& curl, const HttpRequest& request) {
  const bool https = request.url.scheme == "https";
  curl.set(CURLOPT_URL, request.url.full().c_str());
  curl.set(CURLOPT_PROTOCOLS_STR, https ? "https" : "http");
  curl.set(CURLOPT_PATH_AS_IS, 1L);
  curl.set(CURLOPT_FOLLOWLOCATION, 0L);
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
  curl.set(CURLOPT_USERAGENT, ("a2a-backup/" + std::string(version())).c_str());
  for (const auto& [name, value] : request.headers) curl.add_header(name, value);
}

/// Whom we believe.
void set_trust(EasyHandle& curl, const HttpOptions& options) {
  curl.set(CURLOPT_SSL_VERIFYPEER, 1L);
  curl.set(CURLOPT_SSL_VERIFYHOST, 2L);
  curl.set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  const std::string authorities =
      options.ca_file.empty() ? find_ca_bundle() : options.ca_file.string();
  if (!authorities.empty()) {
    curl.set(CURLOPT_CAINFO, authorities.c_str());
    curl.set(CURLOPT_CAPATH, static_cast<const char*>(nullptr));
  }
}

/// How long we wait.
void set_patience(EasyHandle& curl, const HttpOptions& options, std::chrono::milliseconds timeout) {
  const auto milliseconds_of = [](auto duration) {
    return static_cast<long>(std::max<std::int64_t>(1, duration.count()));
  };
  curl.set(CURLOPT_NOSIGNAL, 1L);
  curl.set(CURLOPT_QUICK_EXIT, 1L);  // do not wait for a name that is being looked up
  curl.set(CURLOPT_CONNECTTIMEOUT_MS, milliseconds_of(options.connect_timeout));
  curl.set(CURLOPT_TIMEOUT_MS, milliseconds_of(timeout));
  curl.set(CURLOPT_LOW_SPEED_LIMIT, 1L);
  curl.set(CURLOPT_LOW_SPEED_TIME,
           std::max(1L, static_cast<long>(options.stall_timeout.count() / 1000)));
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
  set_request(curl, request);
  set_trust(curl, options);
  set_patience(curl, options, timeout);
  const std::uint64_t max_body = request.max_body == 0 ? options.max_body : request.max_body;
  Receiving receiving(curl, body, max_body);
  receiving.connect();
  std::optional<Sending> sending;
  if (request.upload != nullptr) sending.emplace(*request.upload).connect(curl);

  const CURLcode code = curl.perform();
  if (sending) sending->rethrow();
  receiving.rethrow();
  if (receiving.too_large()) {
    return {{}, HttpFailure{"sends more than " + format_bytes(max_body), "", false, false}};
  }
  if (code != CURLE_OK) return {{}, failure_of(code, curl.detail(), options.ca_option)};
  if (const char* target = curl.get<char*>(CURLINFO_REDIRECT_URL)) location = target;
  return {receiving.finish(), {}};
}

}  // namespace a2a_backup
