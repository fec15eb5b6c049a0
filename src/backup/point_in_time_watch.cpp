// SPDX-License-Identifier: MIT
#include "a2a_backup/backup/point_in_time_watch.hpp"

#include <utility>

namespace a2a_backup {

using Clock = std::chrono::steady_clock;

PointInTimeWatch::PointInTimeWatch(Patience patience, std::string stanza, Look look)
    : patience_(patience), stanza_(std::move(stanza)), look_(std::move(look)) {}

PointInTime PointInTimeWatch::latest() {
  std::unique_lock lock(mutex_);
  take_answer();  // that came after nobody waited any more
  if (!asking_.valid() && (!known_ || Clock::now() - known_since_ >= patience_.keep)) {
    asked_ = Clock::now();
    asking_ = std::async(std::launch::async, look_).share();
  }
  if (asking_.valid()) {
    const std::shared_future<PointInTime> asking = asking_;
    const Clock::time_point deadline = asked_ + patience_.wait;
    lock.unlock();
    asking.wait_until(deadline);
    lock.lock();
    take_answer();
  }
  if (known_) return *known_;
  PointInTime unknown;
  unknown.stanza = stanza_;
  unknown.problem = "pgBackRest has not answered yet";
  unknown.hint = "see how long 'pgbackrest --stanza=" + stanza_ + " info' takes";
  return unknown;
}

void PointInTimeWatch::take_answer() {
  using namespace std::chrono_literals;
  if (!asking_.valid() || asking_.wait_for(0s) != std::future_status::ready) return;
  known_ = std::exchange(asking_, {}).get();
  known_since_ = Clock::now();
}

}  // namespace a2a_backup
