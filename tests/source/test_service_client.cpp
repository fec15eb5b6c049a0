// SPDX-License-Identifier: MIT
#include "a2a_backup/source/http_source.hpp"
#include "catch.hpp"
#include "support.hpp"

namespace a2a_backup::test {
namespace {

TEST_CASE("/health may say that the tasks live in Redis", "[service]") {
  CHECK(redis_storage(R"({"status": "ok", "storage": "redis"})") == "storage: redis");
  CHECK(redis_storage(R"({"data": {"Storage_Backend": "RedisCluster"}})") ==
        "Storage_Backend: RedisCluster");
  CHECK(redis_storage(R"([{"store": "redis"}])").has_value());
}

TEST_CASE("/health that speaks of Redis otherwise is no reason to warn", "[service]") {
  for (const char* health :
       {R"({"redis": "connected"})", R"({"storage": "sqlite", "redis": true})", R"("redis")", "",
        "<html>redis</html>", R"({"cache": "redis"})", R"({"storage": ["redis"]})", "[[[[[[[[[["}) {
    CHECK(!redis_storage(health).has_value());
  }
}

TEST_CASE("a service is named by a URL without a query", "[service]") {
  ServiceOptions options;
  options.url = "https://example.com/?token=hunter2";
  const Error error = error_of([&] { const ServiceClient client(options); });
  CHECK(error.kind() == ErrorKind::usage);
  CHECK(error.message().find("hunter2") == std::string::npos);
  options.url = "https://example.com/a/";
  CHECK(ServiceClient(options).name() == "https://example.com/a");
}

}  // namespace
}  // namespace a2a_backup::test
