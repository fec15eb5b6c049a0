// SPDX-License-Identifier: MIT
/// Work that goes on beside the caller's.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <future>
#include <vector>

namespace a2a_backup {

/// A few pieces of work, each on a thread of its own, or one after the other when they are waited
/// for. What they use must outlive this.
class SideWork {
 public:
  explicit SideWork(bool at_once) : at_once_(at_once) {}
  /// Abandons what was not waited for, and waits for the threads.
  ~SideWork();
  SideWork(const SideWork&) = delete;
  SideWork& operator=(const SideWork&) = delete;

  void begin(std::function<void()> work);
  /// Waits for all, then throws what the first of them threw, in the order of their beginning.
  void finish();
  /// Becomes true when nobody wants the results any more: long work should look at it.
  const std::atomic<bool>& abandoned() const { return abandoned_; }

 private:
  bool at_once_;
  std::atomic<bool> abandoned_{false};
  std::vector<std::future<void>> pieces_;
};

/// Calls `work` with each number below `count`, on up to `jobs` threads of which one is the
/// caller's. When one throws no more are begun, and the error of one comes out.
void for_each_at_once(unsigned jobs, std::size_t count,
                      const std::function<void(std::size_t)>& work);

}  // namespace a2a_backup
