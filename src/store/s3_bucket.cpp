// SPDX-License-Identifier: MIT
#include "s3_bucket.hpp"

#include <algorithm>
#include <charconv>

#include "a2a_backup/core/digest.hpp"
#include "s3_signature.hpp"

namespace a2a_backup {
namespace {

/// For answers whose body says nothing.
class NoBody : public HttpBody {
 public:
  void restart(const HttpResponse&) override {}
  void write(std::span<const std::byte>) override {}
};

/// A certificate for *.s3.example.com does not cover a bucket with a dot, nor does DNS know
/// capitals.
bool fits_into_host(const std::string& bucket) {
  return std::all_of(bucket.begin(), bucket.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
}

std::string encoded_query(const std::map<std::string, std::string>& query) {
  std::string text;
  for (const auto& [name, value] : query) {
    text += (text.empty() ? "" : "&") + percent_encoded(name) + "=" + percent_encoded(value);
  }
  return text;
}

}  // namespace

S3Bucket::S3Bucket(S3Settings settings, std::string name)
    : settings_(std::move(settings)), name_(std::move(name)), client_(settings_.http) {
  if (!fits_into_host(name_)) settings_.path_style = true;
}

std::string S3Bucket::place(const std::string& key) const {
  return "s3://" + name_ + (key.empty() ? "" : "/" + key);
}

HttpRequest S3Bucket::request_for(const S3Call& call) const {
  HttpRequest request{.method = call.method, .url = settings_.endpoint, .headers = call.headers};
  if (settings_.path_style) {
    request.url.path += "/" + percent_encoded(name_);
  } else {
    request.url.host = name_ + "." + request.url.host;
  }
  if (!call.key.empty()) request.url.path += "/" + percent_encoded(call.key, "/");
  request.url.query = encoded_query(call.query);
  request.max_body = call.max_body;
  request.content = call.content;
  request.content_type = "application/xml";
  request.upload = call.upload;
  request.follow_redirects = false;  // the signature is for this host
  sign_s3_request(request, call.payload.empty() ? sha256_hex(call.content) : call.payload,
                  settings_.credentials, settings_.region, now());
  return request;
}

HttpResponse S3Bucket::ask(const std::function<S3Call()>& make_call, HttpBody& body) {
  const std::lock_guard lock(mutex_);
  return client_.send([&] { return request_for(make_call()); }, body);
}

HttpResponse S3Bucket::demand(const S3Call& call, HttpBody& body) {
  HttpResponse response = ask([&call] { return call; }, body);
  if (!response.good()) throw error_of(response, call);
  return response;
}

HttpResponse S3Bucket::demand(const S3Call& call) {
  NoBody body;
  return demand(call, body);
}

std::optional<S3Object> S3Bucket::head(const std::string& key) {
  NoBody body;
  const S3Call call{.method = "HEAD", .key = key};
  const HttpResponse response = ask([&call] { return call; }, body);
  if (response.status == 404) return std::nullopt;
  if (!response.good()) {
    // The answer to HEAD has no body that would say why; the one to GET does.
    demand({.key = key, .headers = {{"Range", "bytes=0-0"}}});
    throw error_of(response, call);
  }
  return S3Object{s3_number(response.header("content-length")).value_or(0), response.header("etag"),
                  response.header(sha256_header), response.header(upload_header)};
}

std::optional<std::uint64_t> s3_number(const std::string& text) {
  std::uint64_t number = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc{} || stop != end) return std::nullopt;
  return number;
}

}  // namespace a2a_backup
