// SPDX-License-Identifier: MIT
#include "a2a_backup/backup/task_difference.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

namespace a2a_backup {
namespace {

auto identity_of(const TaskMark& mark) {
  return std::tie(mark.key, mark.content);
}

/// Those of some marks whose key and content the others do not have as often, in ascending order.
class Unmatched {
 public:
  Unmatched(const TaskMarks& marks, const TaskMarks& others)
      : marks_(marks.sorted()), others_(others.sorted()) {
    skip_matched();
  }

  const TaskMark* front() const { return marks_.front(); }
  void pop() {
    marks_.pop();
    skip_matched();
  }

 private:
  void skip_matched() {
    while (marks_.front() != nullptr && others_.front() != nullptr) {
      const auto mark = identity_of(*marks_.front());
      const auto other = identity_of(*others_.front());
      if (mark < other) return;
      if (mark == other) marks_.pop();
      others_.pop();
    }
  }

  TaskMarkStream marks_;
  TaskMarkStream others_;
};

/// The keys of the tasks that come first in their file.
class FirstKeys {
 public:
  explicit FirstKeys(std::size_t limit) : limit_(limit) {}

  void add(const TaskMark& mark) {
    if (heap_.size() == limit_) {
      if (heap_.empty() || heap_.front().first < mark.position) return;
      std::pop_heap(heap_.begin(), heap_.end());
      heap_.pop_back();
    }
    heap_.emplace_back(mark.position, mark.key);
    std::push_heap(heap_.begin(), heap_.end());
  }

  std::vector<std::uint64_t> sorted() const {
    std::vector<std::uint64_t> keys;
    keys.reserve(heap_.size());
    for (const auto& [position, key] : heap_) keys.push_back(key);
    std::sort(keys.begin(), keys.end());
    return keys;
  }

 private:
  std::size_t limit_;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> heap_;  ///< the last position on top
};

class Comparison {
 public:
  Comparison(const JsonSummary& before, const JsonSummary& after, std::size_t limit)
      : before_(before), after_(after), added_(limit), removed_(limit), changed_(limit) {}

  /// Walks both sides key by key. Of what is left of one key on both, any two are a pair; however
  /// many there are, none has to be remembered.
  TaskDifference run() {
    Unmatched old(before_.marks, after_.marks);
    Unmatched fresh(after_.marks, before_.marks);
    while (old.front() != nullptr || fresh.front() != nullptr) {
      const bool only_old = fresh.front() == nullptr ||
                            (old.front() != nullptr && old.front()->key < fresh.front()->key);
      const bool only_fresh =
          !only_old && (old.front() == nullptr || fresh.front()->key < old.front()->key);
      if (only_old) {
        remove(*old.front());
      } else if (only_fresh) {
        add(*fresh.front());
      } else {
        change(*old.front(), *fresh.front());
      }
      if (!only_fresh) old.pop();
      if (!only_old) fresh.pop();
    }
    result_.added = added_.sorted();
    result_.removed = removed_.sorted();
    result_.changed = changed_.sorted();
    return std::move(result_);
  }

 private:
  void remove(const TaskMark& old) {
    count(agent_of(before_, old), &TaskChanges::removed);
    removed_.add(old);
  }
  void add(const TaskMark& fresh) {
    count(agent_of(after_, fresh), &TaskChanges::added);
    added_.add(fresh);
  }
  void change(const TaskMark& old, const TaskMark& fresh) {
    count(agent_of(after_, fresh), old.status != fresh.status ? &TaskChanges::status_changed
                                                              : &TaskChanges::otherwise_changed);
    changed_.add(fresh);
  }

  static std::string agent_of(const JsonSummary& summary, const TaskMark& mark) {
    return mark.agent < summary.agents.size() ? summary.agents[mark.agent] : std::string();
  }

  void count(const std::string& agent, std::uint64_t TaskChanges::*what) {
    ++(result_.total.*what);
    ++(result_.by_agent[agent].*what);
  }

  const JsonSummary& before_;
  const JsonSummary& after_;
  FirstKeys added_;
  FirstKeys removed_;
  FirstKeys changed_;
  TaskDifference result_;
};

}  // namespace

TaskDifference compare_tasks(const JsonSummary& before, const JsonSummary& after,
                             std::size_t limit) {
  return Comparison(before, after, limit).run();
}

}  // namespace a2a_backup
