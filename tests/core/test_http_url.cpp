// SPDX-License-Identifier: MIT
#include "a2a_backup/core/http_url.hpp"
#include "catch.hpp"
#include "support.hpp"

namespace a2a_backup::test {
namespace {

using Catch::Matchers::ContainsSubstring;

TEST_CASE("a URL is taken apart", "[http_url]") {
  const HttpUrl url = parse_http_url("HTTPS://Service.Example.com:8443/base/?q=secret");
  CHECK(url.scheme == "https");
  CHECK(url.host == "service.example.com");
  CHECK(url.port == "8443");
  CHECK(url.path == "/base");
  CHECK(url.text() == "https://service.example.com:8443/base");
  CHECK(url.full() == "https://service.example.com:8443/base?q=secret");
  CHECK(join(url, "/health").full() == "https://service.example.com:8443/base/health");
  CHECK(parse_http_url("https://a.example:443").origin() == "https://a.example");
}

TEST_CASE("plain http is for this machine alone", "[http_url]") {
  for (const char* good :
       {"http://localhost:1", "http://127.0.0.1", "http://127.9.9.9:80/x", "http://[::1]:8080"}) {
    CHECK_NOTHROW(parse_http_url(good));
  }
  for (const char* bad : {"http://example.com", "http://10.0.0.1", "http://localhost.example.com",
                          "http://127.0.0.1.example.com", "http://[::2]", "http://0.0.0.0"}) {
    CHECK(error_of([&] { parse_http_url(bad); }).kind() == ErrorKind::usage);
  }
}

TEST_CASE("what is no URL of a service is refused, and secrets are not repeated", "[http_url]") {
  for (const char* bad : {"", "example.com", "ftp://example.com", "file:///etc/passwd", "https://",
                          "https://user:hunter2@example.com/?t=hunter2", "https://hunter2@x",
                          "http://example.com/?token=hunter2"}) {
    const Error error = error_of([&] { parse_http_url(bad); });
    CHECK(error.kind() == ErrorKind::usage);
    CHECK_THAT(error.message() + error.hint(), !ContainsSubstring("hunter2"));
  }
}

}  // namespace
}  // namespace a2a_backup::test
