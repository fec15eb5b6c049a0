// SPDX-License-Identifier: MIT
#include <algorithm>
#include <nlohmann/json.hpp>

#include "a2a_backup/core/log.hpp"
#include "a2a_backup/core/text.hpp"
#include "a2a_backup/source/http_source.hpp"

namespace a2a_backup {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

constexpr std::uint64_t max_health = std::uint64_t{64} << 10;
constexpr int max_health_depth = 8;
constexpr milliseconds longest_health_wait{60'000};
constexpr milliseconds longest_pause{5'000};

bool is_asleep(const HttpOutcome& outcome) {
  if (outcome.failure) return outcome.failure->timeout;
  const int status = outcome.response.status;
  return status == 429 || (status >= 502 && status <= 504);
}

std::optional<std::string> find_redis(const nlohmann::json& value, int depth) {
  if (!value.is_structured() || depth > max_health_depth) return std::nullopt;
  for (const auto& [key, inner] : value.items()) {
    const std::string name = fold_case(key);
    const bool names_storage = name.find("storage") != std::string::npos ||
                               name.find("backend") != std::string::npos ||
                               name.find("store") != std::string::npos;
    if (value.is_object() && names_storage && inner.is_string() &&
        fold_case(inner.get<std::string>()).find("redis") != std::string::npos) {
      return key + ": " + inner.get<std::string>();
    }
    if (auto found = find_redis(inner, depth + 1)) return found;
  }
  return std::nullopt;
}

bool type_fits(const std::string& type, BodyType wanted) {
  switch (wanted) {
    case BodyType::json:
      return type == "application/json" || type.ends_with("+json");
    case BodyType::zip:
      return type == "application/zip" || type == "application/x-zip-compressed" ||
             type == "application/octet-stream";
    case BodyType::sqlite:
      return type == "application/vnd.sqlite3" || type == "application/x-sqlite3" ||
             type == "application/octet-stream";
  }
  return false;
}

std::string type_name(BodyType type) {
  return type == BodyType::json ? "JSON" : type == BodyType::zip ? "a zip" : "a SQLite database";
}

ServiceOptions as_source(ServiceOptions options) {
  options.http.kind = ErrorKind::source;
  return options;
}

}  // namespace

std::optional<std::string> redis_storage(const std::string& health) {
  return find_redis(nlohmann::json::parse(health, nullptr, false), 0);
}

ServiceClient::ServiceClient(ServiceOptions options)
    : options_(as_source(std::move(options))),
      url_(parse_http_url(options_.url)),
      name_(url_.text()),
      client_(options_.http) {
  if (!url_.query.empty()) {
    throw Error(ErrorKind::usage, "the URL of " + url_.host + " has a query in it",
                "name the service alone, such as " + url_.origin());
  }
}

void ServiceClient::read_health(const std::string& text) {
  const auto storage = redis_storage(text);
  if (!storage) return;
  warnings_.push_back(name_ + "/health says \"" + printable(*storage) +
                      "\": the tasks live in Redis, and what is backed up here may be old; back up "
                      "Redis itself");
}

void ServiceClient::wake() {
  const auto deadline = Clock::now() + options_.wake_timeout;
  const HttpRequest request{.url = join(url_, "/health"), .max_body = max_health};
  milliseconds pause = options_.http.first_pause;
  bool told = false;
  for (int failures = 0;;) {
    const auto left = std::chrono::duration_cast<milliseconds>(deadline - Clock::now());
    HttpTextBody body;
    const HttpOutcome outcome =
        client_.try_once(request, body, std::min(left, longest_health_wait));
    const std::string reason = outcome.failure
                                   ? outcome.failure->message
                                   : "answers " + std::to_string(outcome.response.status);
    const bool asleep = is_asleep(outcome);
    if (!asleep && !outcome.failure) return read_health(body.text());
    if (!asleep && (!outcome.failure->transient || failures++ >= options_.http.retries)) {
      throw Error(ErrorKind::source, name_ + " " + reason, outcome.failure->hint);
    }
    if (Clock::now() + pause >= deadline) {
      throw Error(ErrorKind::source, name_ + " does not wake up: " + name_ + "/health " + reason,
                  "see what its host says, or wait for longer with --wake-timeout");
    }
    if (asleep && !told) log::info("waiting for " + name_ + " to wake up: it " + reason);
    told = told || asleep;
    sleep_interruptibly(pause);
    pause = std::min(2 * pause, longest_pause);
  }
}

bool ServiceClient::fetch(const std::string& path, BodyType type, const fs::path& file,
                          Progress& progress) {
  HttpRequest request{.url = join(url_, path)};
  if (options_.key) {
    const bool bearer = fold_case(options_.key_header) == "authorization";
    request.headers[options_.key_header] = (bearer ? "Bearer " : "") + *options_.key;
  }
  HttpFileBody body(file, progress);
  const HttpResponse response = client_.send(request, body);
  const std::string what = request.url.text();
  if (response.status == 404) {
    remove_quietly(file);
    return false;
  }
  if (response.status == 401 || response.status == 403) {
    throw Error(ErrorKind::key,
                what + (options_.key ? " refuses the key" : " wants a key") + " (status " +
                    std::to_string(response.status) + ")",
                options_.key ? "correct A2A_API_KEY or A2A_API_KEY_FILE, and A2A_API_KEY_HEADER"
                             : "give it in A2A_API_KEY or A2A_API_KEY_FILE");
  }
  if (response.status != 200) {
    throw Error(ErrorKind::source, what + " answers " + std::to_string(response.status),
                "see what the service logs, and try again");
  }
  if (!type_fits(response.content_type(), type)) {
    const std::string got = response.content_type();
    throw Error(ErrorKind::source,
                what + " answers with " + (got.empty() ? "something" : printable(got)) +
                    " instead of " + type_name(type),
                "correct the URL: it is the service's own address, without a path");
  }
  body.finish();
  return true;
}

}  // namespace a2a_backup
