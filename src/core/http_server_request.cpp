// SPDX-License-Identifier: MIT
#include "http_server_request.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <vector>

#include "a2a_backup/core/text.hpp"

namespace a2a_backup {
namespace {

std::string_view reason_of(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 413:
      return "Content Too Large";
    case 429:
      return "Too Many Requests";
    case 503:
      return "Service Unavailable";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "Internal Server Error";
  }
}

bool is_visible(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7f; });
}

/// The line up to its CR LF, which is taken from the front of `text`.
std::string_view next_line(std::string_view& text) {
  const std::size_t end = text.find("\r\n");
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(text.size(), line.size() + 2));
  return line;
}

int parse_request_line(std::string_view line, HttpServerRequest& request) {
  const std::size_t first = line.find(' ');
  const std::size_t second = line.find(' ', first + 1);
  if (first == std::string_view::npos || second == std::string_view::npos) return 400;
  const std::string_view target = line.substr(first + 1, second - first - 1);
  const std::string_view version = line.substr(second + 1);
  if (!version.starts_with("HTTP/")) return 400;
  if (version != "HTTP/1.1" && version != "HTTP/1.0") return 505;
  if (line.substr(0, first) != "GET") return 405;
  if (!target.starts_with('/') || !is_visible(target)) return 400;
  request.path = target.substr(0, target.find('?'));
  return 200;
}

}  // namespace

ParsedRequest parse_request(std::string_view head) {
  ParsedRequest parsed;
  parsed.status = parse_request_line(next_line(head), parsed.request);
  if (parsed.status != 200) return parsed;
  while (!head.empty()) {
    const std::string_view line = next_line(head);
    if (line.empty()) break;
    const std::size_t colon = line.find(':');
    const std::string_view name = line.substr(0, colon);
    if (colon == std::string_view::npos || name.empty() || !is_visible(name)) return {400, {}};
    // Two fields of one name could be read as one by us and as another by a proxy before us.
    const auto added =
        parsed.request.headers.emplace(fold_case(name), trimmed(line.substr(colon + 1), " \t"));
    if (!added.second) return {400, {}};
  }
  const auto length = parsed.request.headers.find("content-length");
  const bool has_body = parsed.request.headers.contains("transfer-encoding") ||
                        (length != parsed.request.headers.end() && length->second != "0");
  if (has_body) parsed.status = 413;
  return parsed;
}

std::string format_head(const HttpReply& reply) {
  const std::uint64_t size = reply.file ? reply.size : reply.body.size();
  std::string head = "HTTP/1.1 " + std::to_string(reply.status) + " " +
                     std::string(reason_of(reply.status)) + "\r\n";
  head += "Content-Type: " + reply.content_type + "\r\n";
  head += "Content-Length: " + std::to_string(size) + "\r\n";
  head += "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nConnection: close\r\n";
  for (const auto& [name, value] : reply.headers) {
    head.append(name).append(": ").append(value).append("\r\n");
  }
  return head + "\r\n";
}

HttpReply error_reply(int status, std::string_view error) {
  HttpReply reply;
  reply.status = status;
  reply.body = "{\"error\": \"" +
               (error.empty() ? fold_case(reason_of(status)) : std::string(error)) + "\"}\n";
  if (status == 401) reply.headers["WWW-Authenticate"] = "Bearer";
  if (status == 405) reply.headers["Allow"] = "GET";
  return reply;
}

std::optional<std::string> basic_password(std::string_view authorization) {
  constexpr std::string_view scheme = "Basic ";
  if (!authorization.starts_with(scheme)) return std::nullopt;
  const std::string_view coded = authorization.substr(scheme.size());
  if (coded.empty() || coded.size() % 4 != 0) return std::nullopt;
  std::vector<unsigned char> plain(coded.size() / 4 * 3);
  const int size =
      EVP_DecodeBlock(plain.data(), reinterpret_cast<const unsigned char*>(coded.data()),
                      static_cast<int>(coded.size()));
  if (size < 0) return std::nullopt;
  // The padding is counted as zeros.
  const auto padding = static_cast<std::size_t>(std::count(coded.end() - 2, coded.end(), '='));
  const std::string pair(plain.begin(), plain.begin() + size - static_cast<long>(padding));
  const std::size_t colon = pair.find(':');
  if (colon == std::string::npos) return std::nullopt;
  return pair.substr(colon + 1);
}

}  // namespace a2a_backup
