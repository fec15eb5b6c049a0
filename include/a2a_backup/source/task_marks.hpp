// SPDX-License-Identifier: MIT
/// What two versions of a task file are compared by, in memory that does not grow with the file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <tuple>
#include <vector>

#include "a2a_backup/core/file.hpp"

namespace a2a_backup {

/// One task, as far as two versions of a file are compared by it: 32 bytes each, without padding.
struct TaskMark {
  /// Hash of its agent and id, or of its text and creation time where it has no id.
  std::uint64_t key = 0;
  std::uint64_t content = 0;   ///< hash of all its fields, in any order
  std::uint32_t status = 0;    ///< hash of its status
  std::uint32_t agent = 0;     ///< index into JsonSummary::agents
  std::uint64_t position = 0;  ///< how many tasks of the file come before it
  bool operator==(const TaskMark&) const = default;
  bool operator<(const TaskMark& other) const {
    return std::tie(key, content, status, agent, position) <
           std::tie(other.key, other.content, other.status, other.agent, other.position);
  }
};

/// Marks in ascending order, one after the other. TaskMarks that have not spilled must outlive it.
class TaskMarkStream {
 public:
  /// The next one; null at the end.
  const TaskMark* front() const;
  /// Goes on to the one after it, which must not be asked for at the end. Throws Error of kind
  /// `failed` when the disk cannot be read.
  void pop();

 private:
  friend class TaskMarks;
  /// A sorted part: what of it is in memory, and where in the file the rest is, in marks.
  struct Run {
    std::span<const TaskMark> left;
    std::uint64_t next = 0;
    std::uint64_t end = 0;
    std::vector<TaskMark> buffer;
  };

  bool refill(Run& run) const;
  void add(Run run);
  void push();
  bool is_later(std::size_t a, std::size_t b) const {
    return runs_[b].left.front() < runs_[a].left.front();
  }

  std::unique_ptr<RandomAccess> file_;
  std::vector<Run> runs_;
  std::size_t buffered_ = 0;       ///< marks of each run that are in memory at once
  std::vector<std::size_t> heap_;  ///< the runs that are not at their end, the least mark on top
};

/// Collects marks in any order, and gives them back sorted. So many of them are kept in memory;
/// more are sorted in batches, the runs, and wait in a file without a name. Not copied: it has one
/// owner.
class TaskMarks {
 public:
  struct Limits {
    /// Kept in memory: 4 MiB. A stream takes a quarter of that at most, for the runs together.
    std::size_t marks = std::size_t{128} << 10U;
    /// When there are so many runs, they are merged into one; two at least.
    std::size_t runs = 1024;
  };

  /// Has none, and no place for more than fit into memory.
  TaskMarks() = default;
  /// `folder` is private; nothing is written there before the limit is passed.
  explicit TaskMarks(fs::path folder) : TaskMarks(std::move(folder), Limits{}) {}
  TaskMarks(fs::path folder, Limits limits) : folder_(std::move(folder)), limits_(limits) {}

  /// Throws Error of kind `failed` when the file cannot be made, or its disk is full.
  void add(const TaskMark& mark);
  /// To be called after the last one, before sorted(). Throws like add().
  void finish();

  std::uint64_t size() const { return size_; }
  bool spilled() const { return static_cast<bool>(fd_); }
  /// All of them; any number of streams at once. Throws Error of kind `failed` when the disk cannot
  /// be read.
  TaskMarkStream sorted() const;

 private:
  void spill();
  void write_run();
  void merge_runs();
  void append(std::uint64_t& end);

  fs::path folder_;
  Limits limits_;
  std::uint64_t size_ = 0;
  std::vector<TaskMark> marks_;      ///< those not in the file
  UniqueFd fd_;                      ///< the file, of one run after the other
  std::vector<std::uint64_t> ends_;  ///< of the runs in it, in marks
};

}  // namespace a2a_backup
