// SPDX-License-Identifier: MIT
#include <arpa/inet.h>
#include <curl/curl.h>

#include <charconv>
#include <memory>

#include "a2a_backup/core/error.hpp"
#include "a2a_backup/core/http_url.hpp"
#include "a2a_backup/core/text.hpp"

namespace a2a_backup {
namespace {

using Handle = std::unique_ptr<CURLU, decltype(&curl_url_cleanup)>;

/// The part, or "" when the URL has none.
std::string part_of(const Handle& url, CURLUPart part, unsigned flags = 0) {
  char* text = nullptr;
  if (curl_url_get(url.get(), part, &text, flags) != CURLUE_OK) return {};
  const std::unique_ptr<char, decltype(&curl_free)> owner(text, curl_free);
  return text;
}

[[noreturn]] void refuse(const std::string& what, const std::string& hint) {
  throw Error(ErrorKind::usage, what, hint);
}

const std::string example = "write it like https://my-service.example.com";

}  // namespace

std::string HttpUrl::origin() const {
  const bool usual = port == (scheme == "https" ? "443" : "80");
  return scheme + "://" + host + (usual ? "" : ":" + port);
}

HttpUrl parse_http_url(const std::string& text) {
  const Handle url(curl_url(), curl_url_cleanup);
  if (!url) throw Error(ErrorKind::failed, "libcurl cannot read a URL");
  if (text.find("://") == std::string::npos ||
      curl_url_set(url.get(), CURLUPART_URL, text.c_str(), CURLU_NON_SUPPORT_SCHEME) != CURLUE_OK) {
    refuse("the address of the service is not a URL", example);
  }
  HttpUrl result;
  result.scheme = fold_case(part_of(url, CURLUPART_SCHEME));
  result.host = fold_case(part_of(url, CURLUPART_HOST));
  result.port = part_of(url, CURLUPART_PORT, CURLU_DEFAULT_PORT);
  result.path = part_of(url, CURLUPART_PATH);
  result.query = part_of(url, CURLUPART_QUERY);
  while (result.path.ends_with('/')) result.path.pop_back();
  if (result.scheme != "https" && result.scheme != "http") {
    refuse("a service is reached by https://, not by " + result.scheme + "://", example);
  }
  if (!part_of(url, CURLUPART_USER).empty() || !part_of(url, CURLUPART_PASSWORD).empty()) {
    refuse("the URL of " + result.host + " has a user name or a password in it",
           "leave them out, and give the key in A2A_API_KEY or A2A_API_KEY_FILE");
  }
  if (result.scheme == "http" && !is_loopback(result.host)) {
    refuse("http:// to " + result.host + " would send the data, and the key, in clear",
           "use https://");
  }
  return result;
}

HttpUrl join(const HttpUrl& base, std::string_view path) {
  HttpUrl result = base;
  result.path += path;
  result.query.clear();
  return result;
}

std::string percent_encoded(std::string_view text, std::string_view kept) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  constexpr std::string_view unreserved =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
  std::string result;
  for (const char c : text) {
    if (unreserved.find(c) != std::string_view::npos || kept.find(c) != std::string_view::npos) {
      result += c;
      continue;
    }
    result += '%';
    result += digits[static_cast<unsigned char>(c) >> 4U];
    result += digits[static_cast<unsigned char>(c) & 15U];
  }
  return result;
}

std::optional<std::string> percent_decoded(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      result += text[i];
      continue;
    }
    unsigned byte = 0;
    const std::string_view digits = text.substr(i + 1, 2);
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), byte, 16);
    if (digits.size() != 2 || error != std::errc{} || end != digits.data() + 2) return std::nullopt;
    result += static_cast<char>(byte);
    i += 2;
  }
  return result;
}

bool is_loopback(std::string_view host) {
  if (host == "localhost" || host == "::1" || host == "[::1]") return true;
  in_addr address{};
  const std::string text(host);
  return inet_pton(AF_INET, text.c_str(), &address) == 1 && (ntohl(address.s_addr) >> 24U) == 127;
}

}  // namespace a2a_backup
