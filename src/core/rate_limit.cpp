// SPDX-License-Identifier: MIT
#include "a2a_backup/core/rate_limit.hpp"

#include <algorithm>

namespace a2a_backup {
namespace {

constexpr std::size_t max_names = 10'000;

double seconds_between(RateLimit::Clock::time_point from, RateLimit::Clock::time_point to) {
  return std::chrono::duration<double>(to - from).count();
}

}  // namespace

void RateLimit::forget_full(Clock::time_point time) {
  std::erase_if(buckets_, [&](const auto& item) {
    const Bucket& bucket = item.second;
    return bucket.tokens + seconds_between(bucket.time, time) * per_second_ >= burst_;
  });
}

bool RateLimit::allow(const std::string& name, Clock::time_point time) {
  const std::lock_guard lock(mutex_);
  if (buckets_.size() >= max_names) forget_full(time);
  // More addresses than that within moments are an attack: no new ones are let in meanwhile.
  if (buckets_.size() >= max_names && !buckets_.contains(name)) return false;
  Bucket& bucket = buckets_.try_emplace(name, Bucket{burst_, time}).first->second;
  bucket.tokens =
      std::min(burst_, bucket.tokens + seconds_between(bucket.time, time) * per_second_);
  bucket.time = time;
  if (bucket.tokens < 1) return false;
  bucket.tokens -= 1;
  return true;
}

}  // namespace a2a_backup
