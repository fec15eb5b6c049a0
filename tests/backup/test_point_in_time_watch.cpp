// SPDX-License-Identifier: MIT
#include <pthread.h>

#include <atomic>
#include <thread>

#include "a2a_backup/backup/point_in_time_watch.hpp"
#include "catch.hpp"

using namespace a2a_backup;
using namespace std::chrono_literals;

namespace {

/// It answers, each time with one backup more, when it may.
struct SlowPgBackRest {
  std::promise<void> may;
  std::shared_future<void> allowed = may.get_future().share();
  std::atomic<int> asked{0};

  PointInTimeWatch::Look look() {
    return [this] {
      const int number = ++asked;
      allowed.wait();
      PointInTime found;
      found.backups = static_cast<std::size_t>(number);
      return found;
    };
  }
};

/// Given some time: the thread that asks may not have begun.
bool becomes(const std::atomic<int>& number, int expected) {
  for (int i = 0; i < 10'000 && number != expected; ++i) std::this_thread::sleep_for(1ms);
  return number == expected;
}

/// As long as it lives, no thread can be had: none has room for such a stack.
class NoThreads {
 public:
  NoThreads() {
    pthread_getattr_default_np(&usual_);
    pthread_attr_t huge;
    pthread_attr_init(&huge);
    pthread_attr_setstacksize(&huge, std::size_t{1} << 50U);
    pthread_setattr_default_np(&huge);
    pthread_attr_destroy(&huge);
  }
  ~NoThreads() {
    pthread_setattr_default_np(&usual_);
    pthread_attr_destroy(&usual_);
  }
  NoThreads(const NoThreads&) = delete;
  NoThreads& operator=(const NoThreads&) = delete;

 private:
  pthread_attr_t usual_;
};

}  // namespace

TEST_CASE("an answer of pgBackRest is kept for a while", "[point_in_time]") {
  SlowPgBackRest slow;
  slow.may.set_value();
  PointInTimeWatch watch("a2a", slow.look());
  for (int i = 0; i < 3; ++i) CHECK(watch.latest().backups == 1);
  CHECK(slow.asked == 1);
}

TEST_CASE("an answer of pgBackRest that is old is asked for anew", "[point_in_time]") {
  SlowPgBackRest slow;
  slow.may.set_value();
  PointInTimeWatch watch({.keep = 0ms, .wait = 1min}, "a2a", slow.look());
  CHECK(watch.latest().backups == 1);
  CHECK(watch.latest().backups == 2);
}

TEST_CASE("a pgBackRest that does not answer keeps nobody waiting", "[point_in_time]") {
  SlowPgBackRest slow;
  PointInTimeWatch watch({.keep = 1min, .wait = 1ms}, "a2a", slow.look());
  for (int i = 0; i < 3; ++i) {
    const PointInTime found = watch.latest();
    CHECK(found.stanza == "a2a");
    CHECK(found.problem == "pgBackRest has not answered yet");
  }
  slow.may.set_value();
  while (!watch.latest().good()) std::this_thread::sleep_for(1ms);
  CHECK(slow.asked == 1);
}

TEST_CASE("many who ask pgBackRest at once ask it once", "[point_in_time]") {
  SlowPgBackRest slow;
  PointInTimeWatch watch({.keep = 1min, .wait = 1min}, "a2a", slow.look());
  std::vector<std::future<PointInTime>> askers;
  for (int i = 0; i < 8; ++i) {
    askers.push_back(std::async(std::launch::async, [&watch] { return watch.latest(); }));
  }
  slow.may.set_value();
  for (auto& asker : askers) CHECK(asker.get().backups == 1);
  CHECK(slow.asked == 1);
}

TEST_CASE("an answer of pgBackRest is as old as when it was given", "[point_in_time]") {
  std::promise<void> second;
  std::atomic<int> asked{0};
  std::atomic<bool> given{false};
  const auto allowed = second.get_future().share();
  PointInTimeWatch watch({.keep = 20ms, .wait = 1ms, .overdue = 0ms}, "a2a", [&] {
    const int number = ++asked;
    if (number == 1) std::this_thread::sleep_for(20ms);
    if (number == 2) allowed.wait();
    PointInTime found;
    found.backups = static_cast<std::size_t>(number);
    given = true;
    return found;
  });
  watch.latest();  // nobody waits for its answer
  while (!given) std::this_thread::sleep_for(1ms);
  std::this_thread::sleep_for(50ms);
  const PointInTime old = watch.latest();
  CHECK(becomes(asked, 2));
  CHECK(old.backups == 1);
  CHECK(old.problem.starts_with("pgBackRest last answered 0 s"));
  CHECK(old.hint.find("pgbackrest --stanza=a2a info") != std::string::npos);
  second.set_value();
}

TEST_CASE("the last answer of pgBackRest serves until the next one is overdue", "[point_in_time]") {
  std::promise<void> second;
  std::atomic<int> asked{0};
  const auto allowed = second.get_future().share();
  PointInTimeWatch watch({.keep = 0ms, .wait = 50ms}, "a2a", [&] {
    if (++asked == 2) allowed.wait();
    return PointInTime{};
  });
  while (!watch.latest().good()) std::this_thread::sleep_for(1ms);
  CHECK(watch.latest().good());
  CHECK(becomes(asked, 2));
  second.set_value();
}

TEST_CASE("without a thread to ask pgBackRest, what is known is what there is", "[point_in_time]") {
  SlowPgBackRest slow;
  slow.may.set_value();
  PointInTimeWatch watch({.keep = 0ms, .wait = 1min}, "a2a", slow.look());
  {
    const NoThreads none;
    CHECK(watch.latest().problem == "pgBackRest has not answered yet");
  }
  CHECK(watch.latest().backups == 1);
  {
    const NoThreads none;
    CHECK(watch.latest().backups == 1);
  }
  CHECK(watch.latest().backups == 2);
}
