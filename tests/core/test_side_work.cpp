// SPDX-License-Identifier: MIT
#include <chrono>
#include <stdexcept>
#include <string>
#include <thread>

#include "a2a_backup/core/side_work.hpp"
#include "catch.hpp"
#include "support.hpp"

using namespace a2a_backup;
using namespace std::chrono_literals;

namespace {

void wait_until(const std::atomic<bool>& flag) {
  while (!flag) std::this_thread::sleep_for(1ms);
}

}  // namespace

TEST_CASE("pieces go on at once, or one after the other when they are waited for", "[side_work]") {
  const bool at_once = GENERATE(true, false);
  std::atomic<bool> first{false};
  std::atomic<bool> second{false};
  SideWork work(at_once);
  work.begin([&] {
    first = true;
    if (at_once) wait_until(second);
  });
  work.begin([&] {
    if (at_once) wait_until(first);
    second = true;
  });
  if (!at_once) CHECK(!first);
  work.finish();
  CHECK(first);
  CHECK(second);
}

TEST_CASE("the error of the piece that was begun first comes out, when all have ended",
          "[side_work]") {
  const bool at_once = GENERATE(true, false);
  std::atomic<bool> ended{false};
  SideWork work(at_once);
  work.begin([] {
    std::this_thread::sleep_for(20ms);
    throw std::runtime_error("first");
  });
  work.begin([] { throw std::runtime_error("second"); });
  work.begin([&] {
    std::this_thread::sleep_for(40ms);
    ended = true;
  });
  CHECK_THROWS_WITH(work.finish(), "first");
  CHECK(ended);
}

TEST_CASE("what nobody waits for is told so, and has ended when the object is gone",
          "[side_work]") {
  std::atomic<bool> ended{false};
  {
    SideWork work(true);
    work.begin([&] {
      wait_until(work.abandoned());
      ended = true;
    });
  }
  CHECK(ended);
}

TEST_CASE("each number is taken once, by as many threads as there are jobs", "[side_work]") {
  const unsigned jobs = GENERATE(0U, 1U, 3U, 40U);
  std::vector<std::atomic<int>> taken(20);
  std::atomic<int> inside{0};
  std::atomic<int> most{0};
  for_each_at_once(jobs, taken.size(), [&](std::size_t i) {
    const int now = ++inside;
    for (int seen = most; seen < now && !most.compare_exchange_weak(seen, now);) {
    }
    std::this_thread::sleep_for(2ms);
    ++taken[i];
    --inside;
  });
  for (const auto& count : taken) CHECK(count == 1);
  CHECK(most <= std::max(1, static_cast<int>(jobs)));
  for_each_at_once(jobs, 0, [](std::size_t) { FAIL("there is nothing"); });
}

TEST_CASE("after an error no more are begun", "[side_work]") {
  const unsigned jobs = GENERATE(1U, 4U);
  std::atomic<int> begun{0};
  CHECK_THROWS_WITH(for_each_at_once(jobs, 1000,
                                     [&](std::size_t i) {
                                       ++begun;
                                       std::this_thread::sleep_for(1ms);
                                       if (i == 5) throw std::runtime_error("six");
                                     }),
                    "six");
  CHECK(begun < 100);
}
