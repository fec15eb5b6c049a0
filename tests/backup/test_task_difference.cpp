// SPDX-License-Identifier: MIT
#include <algorithm>

#include "a2a_backup/backup/task_difference.hpp"
#include "catch.hpp"

using namespace a2a_backup;
using Keys = std::vector<std::uint64_t>;

namespace {

/// Marks of key, content, status and agent.
JsonSummary summary(std::vector<TaskMark> marks) {
  std::sort(marks.begin(), marks.end());
  return {{}, std::move(marks), {"jules", "codex"}};
}

}  // namespace

TEST_CASE("equal tasks do not differ", "[task_difference]") {
  const JsonSummary tasks = summary({{1, 10, 5, 0}, {2, 20, 5, 1}, {2, 20, 5, 1}});
  const TaskDifference difference = compare_tasks(tasks, tasks);
  CHECK(!difference.total.any());
  CHECK(difference.by_agent.empty());
  CHECK(!compare_tasks({}, {}).total.any());
}

TEST_CASE("tasks are added, removed and changed, by agent", "[task_difference]") {
  const JsonSummary before = summary({{1, 10, 5, 0}, {2, 20, 5, 0}, {3, 30, 5, 1}, {4, 40, 5, 1}});
  const JsonSummary after = summary({{1, 10, 5, 0}, {2, 21, 6, 0}, {3, 31, 5, 1}, {9, 90, 5, 1}});
  const TaskDifference difference = compare_tasks(before, after);
  CHECK(difference.total == TaskChanges{1, 1, 1, 1});
  CHECK(difference.by_agent ==
        std::map<std::string, TaskChanges>{{"jules", {0, 0, 1, 0}}, {"codex", {1, 1, 0, 1}}});
  CHECK(difference.added == Keys{9});
  CHECK(difference.removed == Keys{4});
  CHECK(difference.changed == Keys{2, 3});
  const TaskDifference back = compare_tasks(after, before);
  CHECK(back.added == Keys{4});
  CHECK(back.removed == Keys{9});
}

TEST_CASE("everything is new against nothing", "[task_difference]") {
  const JsonSummary tasks = summary({{1, 10, 5, 0}, {1, 11, 5, 0}, {2, 20, 5, 1}});
  CHECK(compare_tasks({}, tasks).total == TaskChanges{3, 0, 0, 0});
  CHECK(compare_tasks(tasks, {}).total == TaskChanges{0, 3, 0, 0});
  CHECK(compare_tasks({}, tasks).added == Keys{1, 1, 2});
}

TEST_CASE("of tasks with one key, equal ones belong together first", "[task_difference]") {
  const JsonSummary one = summary({{1, 50, 5, 0}});
  // The other one is new, however the two are sorted.
  for (const std::uint64_t content : {std::uint64_t{10}, std::uint64_t{90}}) {
    const JsonSummary two = summary({{1, 50, 5, 0}, {1, content, 6, 0}});
    CHECK(compare_tasks(one, two).total == TaskChanges{1, 0, 0, 0});
    CHECK(compare_tasks(two, one).total == TaskChanges{0, 1, 0, 0});
  }
  const JsonSummary pair = summary({{1, 50, 5, 0}, {1, 60, 5, 0}});
  const JsonSummary other = summary({{1, 50, 5, 0}, {1, 70, 6, 0}});
  CHECK(compare_tasks(pair, other).total == TaskChanges{0, 0, 1, 0});
}
