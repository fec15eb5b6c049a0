// SPDX-License-Identifier: MIT
/// What pgBackRest has, for a service that is asked more often than pgBackRest should be.
#pragma once

#include <chrono>
#include <functional>
#include <future>
#include <mutex>
#include <optional>
#include <string>

#include "a2a_backup/backup/point_in_time.hpp"

namespace a2a_backup {

/// Asks it in a thread of its own, so that one that hangs (its repository may be far away) keeps
/// nobody waiting for long. For any number of threads.
class PointInTimeWatch {
 public:
  using Look = std::function<PointInTime()>;
  struct Patience {
    std::chrono::milliseconds keep{60'000};  ///< an answer is good for so long
    std::chrono::milliseconds wait{5'000};   ///< for a new one, from when it was asked for
    /// The one before serves meanwhile, for so long beyond `keep`.
    std::chrono::milliseconds overdue = pgbackrest_patience;
  };

  /// `look` is look_at_point_in_time(), and its `stanza`.
  PointInTimeWatch(std::string stanza, Look look)
      : PointInTimeWatch({}, std::move(stanza), std::move(look)) {}
  PointInTimeWatch(Patience patience, std::string stanza, Look look);

  /// The last answer, after a wait for a new one if that is due. One that is too old has a problem
  /// that says so, and so has what is given until the first has come. Throws what `look` throws.
  PointInTime latest();

 private:
  using Clock = std::chrono::steady_clock;
  struct Answer {
    PointInTime found;
    Clock::time_point time;  ///< when it was given, which may be long before somebody takes it
  };

  void ask();
  void take_answer();
  PointInTime known_or_not() const;

  Patience patience_;
  std::string stanza_;
  Look look_;
  std::mutex mutex_;
  std::optional<Answer> known_;
  Clock::time_point asked_;
  std::shared_future<Answer> asking_;  ///< its destructor waits for the end of `look`
};

}  // namespace a2a_backup
