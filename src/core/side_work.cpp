// SPDX-License-Identifier: MIT
#include "a2a_backup/core/side_work.hpp"

#include <algorithm>
#include <system_error>
#include <utility>

namespace a2a_backup {

SideWork::~SideWork() {
  abandoned_ = true;
  pieces_.clear();  // the destructor of a future waits for its thread
}

void SideWork::begin(std::function<void()> work) {
  if (at_once_) {
    try {
      pieces_.push_back(std::async(std::launch::async, work));
      return;
    } catch (const std::system_error&) {
      // The system has no more threads: then later.
    }
  }
  pieces_.push_back(std::async(std::launch::deferred, std::move(work)));
}

void SideWork::finish() {
  for (const auto& piece : pieces_) piece.wait();
  for (auto& piece : std::exchange(pieces_, {})) piece.get();
}

void for_each_at_once(unsigned jobs, std::size_t count,
                      const std::function<void(std::size_t)>& work) {
  std::atomic<std::size_t> next{0};
  SideWork others(true);
  const auto take_turns = [&] {
    try {
      for (std::size_t i = next++; i < count; i = next++) work(i);
    } catch (...) {
      next = count;
      throw;
    }
  };
  for (std::size_t threads = 1; threads < std::min<std::size_t>(jobs, count); ++threads) {
    others.begin(take_turns);
  }
  take_turns();
  others.finish();
}

}  // namespace a2a_backup
