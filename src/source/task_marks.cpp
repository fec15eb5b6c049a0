// SPDX-License-Identifier: MIT
#include "a2a_backup/source/task_marks.hpp"

#include <algorithm>
#include <stdexcept>

#include "a2a_backup/core/interrupt.hpp"
#include "a2a_backup/core/unnamed_file.hpp"

namespace a2a_backup {
namespace {

static_assert(sizeof(TaskMark) == 32, "every byte of the file is one of a field");

/// Of one run in memory at once, however few there are: 32 KiB.
constexpr std::size_t most_buffered = 1024;
/// A stream takes this part of the memory that collecting takes: four of them compare two files.
constexpr std::size_t stream_part = 4;

const std::string what = "the tasks set aside";

}  // namespace

const TaskMark* TaskMarkStream::front() const {
  return heap_.empty() ? nullptr : runs_[heap_.front()].left.data();
}

void TaskMarkStream::pop() {
  std::pop_heap(heap_.begin(), heap_.end(), [this](auto a, auto b) { return is_later(a, b); });
  Run& run = runs_[heap_.back()];
  run.left = run.left.subspan(1);
  if (run.left.empty() && !refill(run)) return heap_.pop_back();
  push();
}

/// Takes in the run that was put at the end of the heap.
void TaskMarkStream::push() {
  std::push_heap(heap_.begin(), heap_.end(), [this](auto a, auto b) { return is_later(a, b); });
}

/// False at its end.
bool TaskMarkStream::refill(Run& run) const {
  const auto count =
      static_cast<std::size_t>(std::min<std::uint64_t>(buffered_, run.end - run.next));
  if (count == 0) return false;
  check_interrupt();
  run.buffer.resize(count);
  file_->read_at(run.next * sizeof(TaskMark), std::as_writable_bytes(std::span(run.buffer)));
  run.next += count;
  run.left = run.buffer;
  return true;
}

void TaskMarkStream::add(Run run) {
  if (run.left.empty() && !refill(run)) return;
  heap_.push_back(runs_.size());
  runs_.push_back(std::move(run));
  push();
}

void TaskMarks::add(const TaskMark& mark) {
  if (marks_.size() == limits_.marks) spill();
  marks_.push_back(mark);
  ++size_;
}

void TaskMarks::finish() {
  if (!spilled()) return std::sort(marks_.begin(), marks_.end());
  spill();
  // The next file needs the memory.
  std::vector<TaskMark>().swap(marks_);
}

TaskMarkStream TaskMarks::sorted() const {
  TaskMarkStream stream;
  if (!spilled()) {
    stream.add({marks_, 0, 0, {}});
    return stream;
  }
  stream.file_ = random_access_to(fd_.get(), what);
  stream.buffered_ =
      std::clamp<std::size_t>(limits_.marks / stream_part / ends_.size(), 1, most_buffered);
  std::uint64_t start = 0;
  for (const std::uint64_t end : ends_) {
    stream.add({{}, start, end, {}});
    start = end;
  }
  return stream;
}

void TaskMarks::spill() {
  if (folder_.empty()) throw std::logic_error("these task marks have no folder");
  try {
    if (!fd_) fd_ = create_unnamed(folder_);
    write_run();
    if (ends_.size() >= std::max<std::size_t>(limits_.runs, 2)) merge_runs();
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::failed) throw;
    throw Error(ErrorKind::failed,
                "cannot set the tasks of a large file aside in " + folder_.string() + ": " +
                    error.message(),
                "it must be possible to write there, and there must be some space");
  }
}

void TaskMarks::write_run() {
  std::sort(marks_.begin(), marks_.end());
  std::uint64_t end = ends_.empty() ? 0 : ends_.back();
  append(end);
  ends_.push_back(end);
}

/// Into a new file; the space of the old one is free afterwards.
void TaskMarks::merge_runs() {
  TaskMarkStream stream = sorted();
  fd_ = create_unnamed(folder_);
  std::uint64_t end = 0;
  for (; stream.front() != nullptr; stream.pop()) {
    if (marks_.size() == limits_.marks) append(end);
    marks_.push_back(*stream.front());
  }
  append(end);
  ends_ = {end};
}

/// Moves what is in memory to the file, behind its `end`.
void TaskMarks::append(std::uint64_t& end) {
  write_all_at(fd_.get(), std::as_bytes(std::span(marks_)), end * sizeof(TaskMark), what);
  end += marks_.size();
  marks_.clear();
}

}  // namespace a2a_backup
