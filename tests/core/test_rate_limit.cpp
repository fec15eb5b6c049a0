// SPDX-License-Identifier: MIT
#include "a2a_backup/core/rate_limit.hpp"
#include "catch.hpp"

namespace a2a_backup::test {
namespace {

using std::chrono::seconds;

TEST_CASE("a burst is allowed, then what is refilled", "[rate_limit]") {
  RateLimit limit(0.5, 3);
  const auto start = RateLimit::Clock::now();
  for (int i = 0; i < 3; ++i) CHECK(limit.allow("a", start));
  CHECK(!limit.allow("a", start));
  CHECK(limit.allow("b", start));
  CHECK(!limit.allow("a", start + seconds{1}));
  CHECK(limit.allow("a", start + seconds{2}));
  CHECK(!limit.allow("a", start + seconds{2}));
}

TEST_CASE("rest earns no more than a burst", "[rate_limit]") {
  RateLimit limit(1, 2);
  const auto start = RateLimit::Clock::now();
  CHECK(limit.allow("a", start));
  CHECK(limit.allow("a", start + seconds{1000}));
  CHECK(limit.allow("a", start + seconds{1000}));
  CHECK(!limit.allow("a", start + seconds{1000}));
}

TEST_CASE("a flood of names is held off, and forgotten when it is over", "[rate_limit]") {
  RateLimit limit(1, 2);
  const auto start = RateLimit::Clock::now();
  CHECK(limit.allow("known", start));
  for (int i = 0; i < 20'000; ++i) limit.allow(std::to_string(i), start);
  CHECK(!limit.allow("new", start));
  CHECK(limit.allow("known", start));
  CHECK(limit.allow("new", start + seconds{2}));
}

}  // namespace
}  // namespace a2a_backup::test
