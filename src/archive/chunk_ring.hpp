// SPDX-License-Identifier: MIT
/// An ordered parallel map with bounded memory: what deflating and inflating an entry share.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <thread>
#include <vector>

namespace a2a_backup {

/// Memory that one slot of the ring uses again and again, allocated when it is first needed.
class ChunkBuffer {
 public:
  /// `capacity` bytes to write to. What they held is lost when they are more than before.
  std::span<std::byte> room(std::size_t capacity);

  std::span<const std::byte> bytes() const { return {data_.get(), size_}; }
  void set_size(std::size_t size) { size_ = size; }

 private:
  std::unique_ptr<std::byte[]> data_;
  std::size_t capacity_ = 0;
  std::size_t size_ = 0;
};

/// One chunk on its way through the ring. Only `last` steers the ring, the rest is for the steps.
struct Chunk {
  std::uint64_t index = 0;
  bool last = false;
  std::uint64_t offset = 0;  ///< of the input, for a transform that fetches it itself
  ChunkBuffer input;
  ChunkBuffer output;
  std::uint32_t crc32 = 0;         ///< of the uncompressed side
  std::uint32_t packed_crc32 = 0;  ///< of the compressed side
  bool taken_over = false;         ///< the output is that of another archive
};

/// What happens to a chunk. An exception from any step ends the ring.
struct ChunkSteps {
  /// Prepares the next chunk and says whether it is the last: one thread at a time, in order.
  std::function<void(Chunk&)> fill;
  /// Looks at the prepared chunk, perhaps while it is transformed: one thread at a time, in order.
  /// May be empty.
  std::function<void(const Chunk&)> inspect;
  /// Makes the output from the input: any number of threads, in any order. `worker` is less than
  /// the number of jobs and belongs to the calling thread alone.
  std::function<void(Chunk&, unsigned worker)> transform;
};

/// How many chunks are on their way at once, and how many threads work on them.
struct RingSize {
  std::size_t slots = 1;
  unsigned jobs = 1;  ///< with the consumer
};

/// Two slots for each of `jobs` threads and two to spare, but in all at most 18 MiB or four slots
/// when one takes `slot_bytes`; jobs without a slot are dropped. One job needs one slot; 0 counts
/// as 1.
RingSize ring_size(unsigned jobs, std::size_t slot_bytes);

/// Pulls chunks through their steps on `jobs` threads, one of which is the consumer's: it works
/// while it waits. With one job there is no other thread; the others start when there is a second
/// chunk.
///
/// A thread takes the most urgent step that can be done: inspecting (it is serial, so it must never
/// wait), then transforming, then filling.
class ChunkRing {
 public:
  ChunkRing(ChunkSteps steps, RingSize size);
  /// Waits for the steps that are under way.
  ~ChunkRing();
  ChunkRing(const ChunkRing&) = delete;
  ChunkRing& operator=(const ChunkRing&) = delete;

  /// The next chunk in order, through with all steps, or nullptr behind the last. It is valid until
  /// the next call. Throws what the step of the earliest failed chunk threw, when all threads have
  /// ended; so does every later call.
  const Chunk* next();

 private:
  enum class Step : std::uint8_t { none, inspect, transform, fill };
  struct Slot : Chunk {
    bool transformed = false;
  };
  using Lock = std::unique_lock<std::mutex>;

  Slot& slot(std::uint64_t index) { return slots_[index % slots_.size()]; }
  bool next_is_ready();
  Step possible_step() const;
  Slot& begin(Step step);
  void perform(Step step, Lock& lock, unsigned worker);
  void run(Step step, Slot& chunk, unsigned worker);
  void finish(Step step, Slot& chunk);
  void fail(std::uint64_t index, std::exception_ptr error);
  void call_for_help();
  void start_threads();
  void work(unsigned worker);
  void stop();

  const ChunkSteps steps_;
  const unsigned jobs_;
  std::vector<Slot> slots_;  ///< a slot belongs to whoever does a step on it, not to the mutex

  std::mutex mutex_;  ///< for all below
  std::condition_variable worker_wanted_;
  std::condition_variable consumer_wanted_;
  unsigned idle_workers_ = 0;
  bool consumer_waits_ = false;

  // Chunks pass these counters in this order (inspecting and transforming side by side).
  std::uint64_t filled_ = 0;
  std::uint64_t inspected_ = 0;
  std::uint64_t transforming_ = 0;  ///< begun; a slot's flag says when it is done
  std::uint64_t released_ = 0;      ///< the consumer has done with them
  bool handed_out_ = false;         ///< the consumer holds the chunk that is to be released next
  bool filling_ = false;
  bool inspecting_ = false;
  bool complete_ = false;  ///< the last chunk is filled
  bool stopping_ = false;
  std::exception_ptr error_;
  std::uint64_t error_index_ = 0;

  bool threads_started_ = false;      ///< by the consumer, who alone looks at the rest
  std::vector<std::thread> threads_;  ///< jobs_ - 1, or fewer when the system has no more
};

}  // namespace a2a_backup
