// SPDX-License-Identifier: MIT
#include "ping.hpp"

#include "a2a_backup/core/http_client.hpp"
#include "a2a_backup/core/log.hpp"

namespace a2a_backup {
namespace {

// Long enough for a slow network, short enough for a backup that must not wait for its watchman.
constexpr std::chrono::milliseconds try_timeout{10'000};
constexpr std::chrono::milliseconds pause{1'000};
constexpr std::size_t max_text = 10'000;

/// Why the ping did not arrive; empty when it did.
std::string try_ping(HttpClient& client, const HttpRequest& request) {
  HttpTextBody answer;
  const HttpOutcome outcome = client.try_once(request, answer, try_timeout);
  if (outcome.failure) return outcome.failure->message;
  if (outcome.response.good()) return {};
  return "answers with status " + std::to_string(outcome.response.status);
}

}  // namespace

Ping::Ping(const std::string& url) {
  if (!url.empty()) url_ = parse_http_url(url);
}

void Ping::start() const {
  send("/start", {}, 1);
}

void Ping::success(const std::string& text) const {
  send({}, text, 3);
}

void Ping::failure(const std::string& text) const {
  send("/fail", text, 3);
}

void Ping::send(const std::string& path, const std::string& text, int tries) const {
  if (!url_) return;
  std::string problem;
  try {
    HttpOptions options;
    options.connect_timeout = try_timeout;
    options.max_body = 65'536;
    HttpClient client(options);
    HttpRequest request;
    request.method = "POST";
    request.url = join(*url_, path);
    request.content = text.substr(0, max_text);
    for (int left = tries; left > 0; --left) {
      problem = try_ping(client, request);
      if (problem.empty()) return;
      if (left > 1) sleep_interruptibly(pause);
    }
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::failed) throw;
    problem = error.message();
  }
  // The path is as good as a password.
  log::warn("the ping of " + url_->origin() + " failed: it " + problem);
}

}  // namespace a2a_backup
