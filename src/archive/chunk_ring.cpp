// SPDX-License-Identifier: MIT
#include "chunk_ring.hpp"

#include <algorithm>
#include <system_error>
#include <utility>

namespace a2a_backup {

std::span<std::byte> ChunkBuffer::room(std::size_t capacity) {
  if (capacity > capacity_) {
    data_ = std::make_unique_for_overwrite<std::byte[]>(capacity);
    capacity_ = capacity;
  }
  return {data_.get(), capacity};
}

RingSize ring_size(unsigned jobs, std::size_t slot_bytes) {
  constexpr std::size_t budget = std::size_t{18} << 20;
  constexpr std::size_t fewest = 4;
  if (jobs <= 1) return {1, 1};
  const std::size_t slots =
      std::min(std::size_t{jobs} * 2 + 2, std::max(fewest, budget / slot_bytes));
  return {slots, static_cast<unsigned>(std::min(std::size_t{jobs}, slots - 1))};
}

ChunkRing::ChunkRing(ChunkSteps steps, RingSize size)
    : steps_(std::move(steps)), jobs_(size.jobs), slots_(size.slots) {}

ChunkRing::~ChunkRing() {
  stop();
}

const Chunk* ChunkRing::next() {
  Lock lock(mutex_);
  if (std::exchange(handed_out_, false)) ++released_;
  while (!error_) {
    if (next_is_ready()) {
      handed_out_ = true;
      call_for_help();
      return &slot(released_);
    }
    if (complete_ && released_ == filled_) return nullptr;
    if (filled_ > 0 && !complete_ && !threads_started_) start_threads();
    if (const Step step = possible_step(); step != Step::none) {
      perform(step, lock, 0);
    } else {
      consumer_waits_ = true;
      consumer_wanted_.wait(lock);
      consumer_waits_ = false;
    }
  }
  lock.unlock();
  stop();
  std::rethrow_exception(error_);
}

bool ChunkRing::next_is_ready() {
  return released_ < inspected_ && slot(released_).transformed;
}

ChunkRing::Step ChunkRing::possible_step() const {
  if (stopping_) return Step::none;
  if (!inspecting_ && inspected_ < filled_) return Step::inspect;
  if (transforming_ < filled_) return Step::transform;
  const bool has_room = filled_ - released_ < slots_.size();
  return !filling_ && !complete_ && has_room ? Step::fill : Step::none;
}

ChunkRing::Slot& ChunkRing::begin(Step step) {
  switch (step) {
    case Step::inspect:
      inspecting_ = true;
      return slot(inspected_);
    case Step::transform:
      return slot(transforming_++);
    default:
      break;
  }
  filling_ = true;
  Slot& fresh = slot(filled_);
  fresh.index = filled_;
  fresh.transformed = false;
  return fresh;
}

/// Does one step, with the mutex released meanwhile.
void ChunkRing::perform(Step step, Lock& lock, unsigned worker) {
  Slot& chunk = begin(step);
  call_for_help();
  lock.unlock();
  std::exception_ptr error;
  try {
    run(step, chunk, worker);
  } catch (...) {
    error = std::current_exception();
  }
  lock.lock();
  if (error) {
    fail(chunk.index, error);
  } else {
    finish(step, chunk);
  }
}

void ChunkRing::run(Step step, Slot& chunk, unsigned worker) {
  switch (step) {
    case Step::inspect:
      return steps_.inspect(chunk);
    case Step::transform:
      return steps_.transform(chunk, worker);
    default:
      return steps_.fill(chunk);
  }
}

void ChunkRing::finish(Step step, Slot& chunk) {
  switch (step) {
    case Step::inspect:
      inspecting_ = false;
      ++inspected_;
      break;
    case Step::transform:
      chunk.transformed = true;
      break;
    default:
      filling_ = false;
      complete_ = chunk.last;
      ++filled_;
      if (!steps_.inspect) inspected_ = filled_;
  }
  if (consumer_waits_ && next_is_ready()) consumer_wanted_.notify_one();
}

/// Chunks are begun in order, so the earliest failure is among the steps under way: which one is
/// reported does not depend on which thread was faster.
void ChunkRing::fail(std::uint64_t index, std::exception_ptr error) {
  if (!error_ || index < error_index_) {
    error_ = std::move(error);
    error_index_ = index;
  }
  stopping_ = true;
  worker_wanted_.notify_all();
  consumer_wanted_.notify_one();
}

/// Every thread calls this before it leaves the mutex for work of its own, so that no possible step
/// is left while a thread sleeps. One call is enough: who wakes up calls again.
void ChunkRing::call_for_help() {
  if (possible_step() == Step::none) return;
  if (idle_workers_ > 0) {
    worker_wanted_.notify_one();
  } else if (consumer_waits_) {
    consumer_wanted_.notify_one();
  }
}

void ChunkRing::start_threads() {
  threads_started_ = true;
  threads_.reserve(jobs_ - 1);
  try {
    for (unsigned worker = 1; worker < jobs_; ++worker) {
      threads_.emplace_back([this, worker] { work(worker); });
    }
  } catch (const std::system_error&) {
    // The system has no more threads: those there are will do.
  }
}

void ChunkRing::work(unsigned worker) {
  Lock lock(mutex_);
  while (!stopping_) {
    if (const Step step = possible_step(); step != Step::none) {
      perform(step, lock, worker);
    } else {
      ++idle_workers_;
      worker_wanted_.wait(lock);
      --idle_workers_;
    }
  }
}

void ChunkRing::stop() {
  {
    const Lock lock(mutex_);
    stopping_ = true;
  }
  worker_wanted_.notify_all();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

}  // namespace a2a_backup
