// SPDX-License-Identifier: MIT
/// How often somebody may do something.
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <mutex>
#include <string>

namespace a2a_backup {

/// A bucket of `burst` tokens for each name, refilled by `per_second`. Names that have been quiet
/// are forgotten, so memory does not grow with the number of addresses. For any number of threads.
class RateLimit {
 public:
  using Clock = std::chrono::steady_clock;

  RateLimit(double per_second, double burst) : per_second_(per_second), burst_(burst) {}

  /// Takes a token; false when there is none.
  bool allow(const std::string& name, Clock::time_point time = Clock::now());

 private:
  struct Bucket {
    double tokens;
    Clock::time_point time;
  };
  void forget_full(Clock::time_point time);

  double per_second_;
  double burst_;
  std::mutex mutex_;
  std::map<std::string, Bucket> buckets_;
};

}  // namespace a2a_backup
