// SPDX-License-Identifier: MIT
#include "a2a_backup/core/http_client.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <random>
#include <thread>

#include "a2a_backup/core/interrupt.hpp"
#include "a2a_backup/core/log.hpp"
#include "a2a_backup/core/text.hpp"
#include "http_client_transfer.hpp"

namespace a2a_backup {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

constexpr int max_redirects = 5;

bool may_change(int status) {
  return status == 429 || status == 500 || (status >= 502 && status <= 504);
}

/// Half of `pause` to all of it, so that many clients do not come back at the same moment.
milliseconds jittered(milliseconds pause) {
  static std::minstd_rand random(std::random_device{}());
  std::uniform_int_distribution<std::int64_t> spread(pause.count() / 2, pause.count());
  return milliseconds(spread(random));
}

milliseconds until(Clock::time_point deadline) {
  return std::chrono::duration_cast<milliseconds>(deadline - Clock::now());
}

/// Moves `url` to where a redirect leads, or says why not.
std::optional<HttpFailure> follow(HttpUrl& url, const std::string& location) {
  HttpUrl to;
  try {
    to = parse_http_url(location);
  } catch (const Error& error) {
    return HttpFailure{"redirects to a place that is not trusted: " + error.message(),
                       "mend the service, or use its own address", false, false};
  }
  const bool downgrade = url.scheme == "https" && to.scheme != "https";
  const bool same_port = to.port == url.port || to.scheme != url.scheme;
  if (to.host != url.host || !same_port) {
    return HttpFailure{"redirects to another host, " + to.origin(),
                       "if that is the service, use its own address", false, false};
  }
  if (downgrade) return HttpFailure{"redirects from https:// to http://", "", false, false};
  url = to;
  return std::nullopt;
}

}  // namespace

std::string HttpResponse::header(const std::string& name) const {
  const auto found = headers.find(name);
  return found == headers.end() ? std::string() : found->second;
}

std::string HttpResponse::content_type() const {
  std::string type = header("content-type");
  type = type.substr(0, type.find(';'));
  while (type.ends_with(' ')) type.pop_back();
  return fold_case(type);
}

std::size_t HttpUpload::read_at(std::uint64_t position, std::span<std::byte> buffer) {
  const std::uint64_t left = size_ - std::min(position, size_);
  const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(left, buffer.size()));
  if (count == 0) return 0;
  file_.read_at(offset_ + position, buffer.first(count));
  if (position + count > reported_) {
    progress_.advance(position + count - reported_);
    reported_ = position + count;
  }
  return count;
}

HttpFileBody::HttpFileBody(fs::path path, Progress& progress)
    : path_(std::move(path)), fd_(create_new(path_)), progress_(progress) {}

void HttpFileBody::restart(const HttpResponse& /*response*/) {
  if (ftruncate(fd_.get(), 0) != 0 || lseek(fd_.get(), 0, SEEK_SET) != 0) {
    throw system_error(ErrorKind::failed, "cannot write " + path_.string(), errno);
  }
}

void HttpFileBody::write(std::span<const std::byte> data) {
  write_all(fd_.get(), data, path_);
  progress_.advance(data.size());
}

void HttpFileBody::finish() {
  sync_fd(fd_.get(), path_);
}

void HttpTextBody::write(std::span<const std::byte> data) {
  text_.append(reinterpret_cast<const char*>(data.data()), data.size());
}

void sleep_interruptibly(milliseconds duration) {
  const auto end = Clock::now() + duration;
  for (;;) {
    check_interrupt();
    const auto left = end - Clock::now();
    if (left <= Clock::duration::zero()) return;
    std::this_thread::sleep_for(std::min<Clock::duration>(left, milliseconds{50}));
  }
}

HttpClient::HttpClient(HttpOptions options)
    : options_(std::move(options)), connections_(open_connections()) {
  if (!options_.ca_file.empty()) open_read(options_.ca_file, ErrorKind::usage);
}

HttpOutcome HttpClient::try_once(const HttpRequest& request, HttpBody& body, milliseconds timeout) {
  HttpRequest next = request;
  const auto deadline = Clock::now() + timeout;
  for (int redirects = 0; redirects <= max_redirects; ++redirects) {
    std::string location;
    HttpOutcome outcome = transfer(*connections_, next, body, options_, until(deadline), location);
    if (outcome.failure || location.empty() || !next.follow_redirects) return outcome;
    if (auto failure = follow(next.url, location)) return {{}, std::move(failure)};
  }
  return {{}, HttpFailure{"redirects in circles", "mend the service", false, false}};
}

HttpResponse HttpClient::send(const HttpRequest& request, HttpBody& body) {
  return send([&request] { return request; }, body);
}

HttpResponse HttpClient::send(const std::function<HttpRequest()>& make_request, HttpBody& body) {
  const auto deadline = Clock::now() + options_.total_timeout;
  milliseconds pause = options_.first_pause;
  for (int retry = 0;; ++retry) {
    const HttpRequest request = make_request();
    HttpOutcome outcome = try_once(request, body, until(deadline));
    const bool again =
        outcome.failure ? outcome.failure->transient : may_change(outcome.response.status);
    const auto wait = std::min<milliseconds>(
        outcome.response.retry_after.value_or(std::chrono::seconds{0}), options_.longest_pause);
    const milliseconds next_pause = std::max(wait, jittered(pause));
    if (!again || retry >= options_.retries || Clock::now() + next_pause >= deadline) {
      if (!outcome.failure) return std::move(outcome.response);
      throw Error(options_.kind, request.url.text() + " " + outcome.failure->message,
                  outcome.failure->hint);
    }
    log::debug(request.url.text() + " " +
               (outcome.failure ? outcome.failure->message
                                : "answered " + std::to_string(outcome.response.status)) +
               "; trying again in " + std::to_string(next_pause.count()) + " ms");
    sleep_interruptibly(next_pause);
    pause = std::min(2 * pause, options_.longest_pause);
  }
}

}  // namespace a2a_backup
