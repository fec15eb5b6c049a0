// SPDX-License-Identifier: MIT
#include "a2a_backup/backup/point_in_time_watch.hpp"

#include <system_error>
#include <utility>

#include "a2a_backup/core/clock.hpp"

namespace a2a_backup {

PointInTimeWatch::PointInTimeWatch(Patience patience, std::string stanza, Look look)
    : patience_(patience), stanza_(std::move(stanza)), look_(std::move(look)) {}

PointInTime PointInTimeWatch::latest() {
  std::unique_lock lock(mutex_);
  take_answer();  // that came after nobody waited any more
  if (!asking_.valid() && (!known_ || Clock::now() - known_->time >= patience_.keep)) ask();
  if (asking_.valid()) {
    const std::shared_future<Answer> asking = asking_;
    const Clock::time_point deadline = asked_ + patience_.wait;
    lock.unlock();
    asking.wait_until(deadline);
    lock.lock();
    take_answer();
  }
  return known_or_not();
}

void PointInTimeWatch::ask() {
  asked_ = Clock::now();
  try {
    asking_ = std::async(std::launch::async, [look = look_] {
                PointInTime found = look();
                return Answer{std::move(found), Clock::now()};
              }).share();
  } catch (const std::system_error&) {
    // The system has no more threads: who comes next tries again.
  }
}

void PointInTimeWatch::take_answer() {
  using namespace std::chrono_literals;
  if (!asking_.valid() || asking_.wait_for(0s) != std::future_status::ready) return;
  known_ = std::exchange(asking_, {}).get();
}

PointInTime PointInTimeWatch::known_or_not() const {
  PointInTime found;
  if (known_) {
    found = known_->found;
    const auto age = Clock::now() - known_->time;
    if (age < patience_.keep + patience_.overdue) return found;
    found.problem = "pgBackRest last answered " +
                    format_age(std::chrono::duration_cast<std::chrono::seconds>(age)) + " ago";
  } else {
    found.problem = "pgBackRest has not answered yet";
  }
  found.stanza = stanza_;
  found.hint = "see how long 'pgbackrest --stanza=" + stanza_ + " info' takes";
  return found;
}

}  // namespace a2a_backup
