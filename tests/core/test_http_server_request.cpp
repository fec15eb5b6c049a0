// SPDX-License-Identifier: MIT
#include "../../src/core/http_server_request.hpp"
#include "catch.hpp"
#include "support.hpp"

namespace a2a_backup::test {
namespace {

using Catch::Matchers::ContainsSubstring;

TEST_CASE("the password of a browser is read, and only from what is one") {
  CHECK(basic_password("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==") == "open sesame");  // RFC 7617
  CHECK(basic_password("Basic YTpi") == "b");
  CHECK(basic_password("Basic YTpiYw==") == "bc");
  CHECK(basic_password("Basic OmI6Yzo=") == "b:c:");
  CHECK(basic_password("Basic YTo=") == "");
  for (const char* none : {"", "Basic", "Basic ", "Basic YWI=", "Basic Y", "Basic ****", "Basic ====",
                           "Bearer YTpi", "basic"}) {
    CAPTURE(none);
    CHECK_FALSE(basic_password(none));
  }
}

TEST_CASE("a request is read", "[http_server]") {
  const ParsedRequest parsed = parse_request(
      "GET /export/tasks?x=1 HTTP/1.1\r\nHost: a\r\nX-API-Key:  secret \r\nContent-Length: "
      "0\r\n\r\n");
  CHECK(parsed.status == 200);
  CHECK(parsed.request.path == "/export/tasks");
  CHECK(parsed.request.headers.at("x-api-key") == "secret");
}

TEST_CASE("what is no plain request is refused", "[http_server]") {
  const std::map<std::string, int> cases{
      {"", 400},
      {"\r\n\r\n", 400},
      {"GET / HTTP/1.1 \r\n\r\n", 505},
      {"GET  / HTTP/1.1\r\n\r\n", 400},
      {"get / HTTP/1.1\r\n\r\n", 405},
      {"GET /a b HTTP/1.1\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\n: x\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nX-API-Key : x\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nA: 1\r\na: 1\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nContent-Length: 00\r\n\r\n", 413},
  };
  for (const auto& [text, status] : cases) {
    INFO(text);
    CHECK(parse_request(text).status == status);
  }
}

TEST_CASE("a reply says how long it is, and that nobody may keep it", "[http_server]") {
  HttpReply reply = error_reply(401);
  const std::string head = format_head(reply);
  CHECK_THAT(head, ContainsSubstring("HTTP/1.1 401 Unauthorized\r\n") &&
                       ContainsSubstring("Content-Length: 26\r\n") &&
                       ContainsSubstring("Cache-Control: no-store\r\n") &&
                       ContainsSubstring("WWW-Authenticate: Bearer\r\n"));
  CHECK(reply.body.size() == 26);
}

TEST_CASE("an address to listen on", "[http_server]") {
  CHECK(parse_listen_address("127.0.0.1:80") ==
        std::pair<std::string, std::uint16_t>("127.0.0.1", 80));
  CHECK(parse_listen_address("[::1]:0") == std::pair<std::string, std::uint16_t>("::1", 0));
  CHECK(parse_listen_address("localhost:1").first == "127.0.0.1");
  for (const char* bad : {"", ":", "a:", "1.2.3.4:99999", "1.2.3.4:8x", "80"}) {
    CHECK(error_of([&] { parse_listen_address(bad); }).kind() == ErrorKind::usage);
  }
}

}  // namespace
}  // namespace a2a_backup::test
