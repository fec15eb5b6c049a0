// SPDX-License-Identifier: MIT
#include "a2a_backup/backup/task_difference.hpp"

#include <algorithm>
#include <iterator>
#include <span>

namespace a2a_backup {
namespace {

using Marks = std::span<const TaskMark>;

/// Takes the marks with that key off the front.
Marks take_key(Marks& marks, std::uint64_t key) {
  const auto end = std::find_if(marks.begin(), marks.end(),
                                [&](const TaskMark& mark) { return mark.key != key; });
  const auto count = static_cast<std::size_t>(end - marks.begin());
  const Marks taken = marks.first(count);
  marks = marks.subspan(count);
  return taken;
}

/// Those of `marks` whose content `others` does not have; both are sorted by it.
std::vector<TaskMark> unmatched(Marks marks, Marks others) {
  std::vector<TaskMark> rest;
  std::set_difference(marks.begin(), marks.end(), others.begin(), others.end(),
                      std::back_inserter(rest),
                      [](const TaskMark& a, const TaskMark& b) { return a.content < b.content; });
  return rest;
}

class Comparison {
 public:
  Comparison(const JsonSummary& before, const JsonSummary& after)
      : before_(before), after_(after) {}

  TaskDifference run() {
    Marks before(before_.marks);
    Marks after(after_.marks);
    while (!before.empty() || !after.empty()) {
      const std::uint64_t key = before.empty()  ? after.front().key
                                : after.empty() ? before.front().key
                                                : std::min(before.front().key, after.front().key);
      compare_one_key(take_key(before, key), take_key(after, key));
    }
    return std::move(result_);
  }

 private:
  void compare_one_key(Marks before, Marks after) {
    const std::vector<TaskMark> old = unmatched(before, after);
    const std::vector<TaskMark> fresh = unmatched(after, before);
    const std::size_t pairs = std::min(old.size(), fresh.size());
    for (std::size_t i = 0; i < pairs; ++i) {
      count(agent_of(after_, fresh[i]), old[i].status != fresh[i].status
                                            ? &TaskChanges::status_changed
                                            : &TaskChanges::otherwise_changed);
      result_.changed.push_back(fresh[i].key);
    }
    for (std::size_t i = pairs; i < old.size(); ++i) {
      count(agent_of(before_, old[i]), &TaskChanges::removed);
      result_.removed.push_back(old[i].key);
    }
    for (std::size_t i = pairs; i < fresh.size(); ++i) {
      count(agent_of(after_, fresh[i]), &TaskChanges::added);
      result_.added.push_back(fresh[i].key);
    }
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
  TaskDifference result_;
};

}  // namespace

TaskDifference compare_tasks(const JsonSummary& before, const JsonSummary& after) {
  return Comparison(before, after).run();
}

}  // namespace a2a_backup
