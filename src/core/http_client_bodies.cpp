// SPDX-License-Identifier: MIT
#include "http_client_bodies.hpp"

#include <algorithm>
#include <cstdio>

#include "a2a_backup/core/text.hpp"

namespace a2a_backup {
namespace {

constexpr std::size_t max_headers = 200;
constexpr std::size_t max_problem = std::size_t{64} << 10;

}  // namespace

void Receiving::connect() {
  curl_.set(CURLOPT_WRITEFUNCTION, on_data);
  curl_.set(CURLOPT_WRITEDATA, this);
  curl_.set(CURLOPT_HEADERFUNCTION, on_header);
  curl_.set(CURLOPT_HEADERDATA, this);
}

void Receiving::rethrow() const {
  if (thrown_) std::rethrow_exception(thrown_);
}

HttpResponse Receiving::finish() {
  response_.status = status();
  if (const auto wait = curl_.get<curl_off_t>(CURLINFO_RETRY_AFTER); wait > 0) {
    response_.retry_after = std::chrono::seconds(wait);
  }
  if (response_.good() && !begun_) body_.restart(response_);  // an empty body is one, too
  return std::move(response_);
}

/// Fewer bytes than it was given tell libcurl to stop.
std::size_t Receiving::on_data(char* data, std::size_t size, std::size_t count, void* user) {
  auto& receiving = *static_cast<Receiving*>(user);
  try {
    receiving.take(std::as_bytes(std::span(data, size * count)));
    return receiving.too_large_ ? 0 : size * count;
  } catch (...) {
    receiving.thrown_ = std::current_exception();
    return 0;
  }
}

std::size_t Receiving::on_header(char* data, std::size_t size, std::size_t count, void* user) {
  auto& headers = static_cast<Receiving*>(user)->response_.headers;
  const std::string_view line(data, size * count);
  const std::size_t colon = line.find(':');
  if (line.starts_with("HTTP/")) {
    headers.clear();  // the one before was an interim response
  } else if (colon != std::string_view::npos && headers.size() < max_headers) {
    headers[fold_case(line.substr(0, colon))] = trimmed(line.substr(colon + 1), " \t\r\n");
  }
  return size * count;
}

void Receiving::take(std::span<const std::byte> data) {
  response_.size += data.size();
  too_large_ = response_.size > max_body_;
  if (too_large_) return;
  response_.status = status();
  if (!response_.good()) return keep_problem(data);
  if (!begun_) body_.restart(response_);
  begun_ = true;
  body_.write(data);
}

void Receiving::keep_problem(std::span<const std::byte> data) {
  const std::size_t room = max_problem - response_.problem.size();
  response_.problem.append(reinterpret_cast<const char*>(data.data()), std::min(room, data.size()));
}

void Sending::connect(EasyHandle& curl) {
  curl.set(CURLOPT_UPLOAD, 1L);
  curl.set(CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(upload_.size()));
  curl.set(CURLOPT_READFUNCTION, on_send);
  curl.set(CURLOPT_READDATA, this);
  curl.set(CURLOPT_SEEKFUNCTION, on_seek);
  curl.set(CURLOPT_SEEKDATA, this);
}

void Sending::rethrow() const {
  if (thrown_) std::rethrow_exception(thrown_);
}

std::size_t Sending::on_send(char* data, std::size_t size, std::size_t count, void* user) {
  auto& sending = *static_cast<Sending*>(user);
  try {
    const std::size_t got = sending.upload_.read_at(
        sending.position_, std::as_writable_bytes(std::span(data, size * count)));
    sending.position_ += got;
    return got;
  } catch (...) {
    sending.thrown_ = std::current_exception();
    return CURL_READFUNC_ABORT;
  }
}

/// libcurl goes back when a connection that it kept turns out to be dead.
int Sending::on_seek(void* user, curl_off_t offset, int origin) {
  if (origin != SEEK_SET || offset < 0) return CURL_SEEKFUNC_FAIL;
  static_cast<Sending*>(user)->position_ = static_cast<std::uint64_t>(offset);
  return CURL_SEEKFUNC_OK;
}

}  // namespace a2a_backup
