// SPDX-License-Identifier: MIT
#include <algorithm>
#include <iterator>
#include <random>
#include <tuple>

#include "a2a_backup/backup/task_difference.hpp"
#include "catch.hpp"
#include "support.hpp"

using namespace a2a_backup;
using namespace a2a_backup::test;
using Keys = std::vector<std::uint64_t>;

namespace {

/// Far more than there are tasks.
constexpr std::size_t all = 1000;

/// Marks of key, content, status and agent, in the order of the file.
JsonSummary summary(const std::vector<TaskMark>& marks, TaskMarks into = {}) {
  for (TaskMark mark : marks) {
    mark.position = into.size();
    into.add(mark);
  }
  into.finish();
  return {{}, std::move(into), {"jules", "codex"}};
}

TaskDifference compare(const JsonSummary& before, const JsonSummary& after) {
  return compare_tasks(before, after, all);
}

/// Tasks of which many have one key, and some one content.
std::vector<TaskMark> random_marks(std::mt19937& random, std::size_t count) {
  std::vector<TaskMark> marks;
  while (marks.size() < count) {
    const std::uint64_t key = random() % 20 % 13;
    const std::uint64_t content = random() % 6;
    const auto status = static_cast<std::uint32_t>(content % 3);
    marks.push_back({key, content, status, static_cast<std::uint32_t>(random() % 2), 0});
  }
  return marks;
}

/// The same by another way: in memory, one key after the other.
TaskChanges changes_by_hand(std::vector<TaskMark> before, std::vector<TaskMark> after) {
  const auto less = [](const TaskMark& a, const TaskMark& b) {
    return std::tie(a.key, a.content) < std::tie(b.key, b.content);
  };
  std::sort(before.begin(), before.end());
  std::sort(after.begin(), after.end());
  std::map<std::uint64_t, std::pair<std::vector<TaskMark>, std::vector<TaskMark>>> by_key;
  std::vector<TaskMark> rest;
  std::set_difference(before.begin(), before.end(), after.begin(), after.end(),
                      std::back_inserter(rest), less);
  for (const TaskMark& mark : rest) by_key[mark.key].first.push_back(mark);
  rest.clear();
  std::set_difference(after.begin(), after.end(), before.begin(), before.end(),
                      std::back_inserter(rest), less);
  for (const TaskMark& mark : rest) by_key[mark.key].second.push_back(mark);
  TaskChanges changes;
  for (const auto& [key, sides] : by_key) {
    const auto& [old, fresh] = sides;
    const std::size_t pairs = std::min(old.size(), fresh.size());
    changes.removed += old.size() - pairs;
    changes.added += fresh.size() - pairs;
    for (std::size_t i = 0; i < pairs; ++i) {
      ++(old[i].status == fresh[i].status ? changes.otherwise_changed : changes.status_changed);
    }
  }
  return changes;
}

}  // namespace

TEST_CASE("equal tasks do not differ", "[task_difference]") {
  const JsonSummary tasks = summary({{1, 10, 5, 0}, {2, 20, 5, 1}, {2, 20, 5, 1}});
  const TaskDifference difference = compare(tasks, tasks);
  CHECK(!difference.total.any());
  CHECK(difference.by_agent.empty());
  CHECK(!compare({}, {}).total.any());
}

TEST_CASE("tasks are added, removed and changed, by agent", "[task_difference]") {
  const JsonSummary before = summary({{1, 10, 5, 0}, {2, 20, 5, 0}, {3, 30, 5, 1}, {4, 40, 5, 1}});
  const JsonSummary after = summary({{1, 10, 5, 0}, {2, 21, 6, 0}, {3, 31, 5, 1}, {9, 90, 5, 1}});
  const TaskDifference difference = compare(before, after);
  CHECK(difference.total == TaskChanges{1, 1, 1, 1});
  CHECK(difference.by_agent ==
        std::map<std::string, TaskChanges>{{"jules", {0, 0, 1, 0}}, {"codex", {1, 1, 0, 1}}});
  CHECK(difference.added == Keys{9});
  CHECK(difference.removed == Keys{4});
  CHECK(difference.changed == Keys{2, 3});
  const TaskDifference back = compare(after, before);
  CHECK(back.added == Keys{4});
  CHECK(back.removed == Keys{9});
}

TEST_CASE("everything is new against nothing", "[task_difference]") {
  const JsonSummary tasks = summary({{1, 10, 5, 0}, {1, 11, 5, 0}, {2, 20, 5, 1}});
  CHECK(compare({}, tasks).total == TaskChanges{3, 0, 0, 0});
  CHECK(compare(tasks, {}).total == TaskChanges{0, 3, 0, 0});
  CHECK(compare({}, tasks).added == Keys{1, 1, 2});
}

TEST_CASE("of tasks with one key, equal ones belong together first", "[task_difference]") {
  const JsonSummary one = summary({{1, 50, 5, 0}});
  // The other one is new, however the two are sorted.
  for (const std::uint64_t content : {std::uint64_t{10}, std::uint64_t{90}}) {
    const JsonSummary two = summary({{1, 50, 5, 0}, {1, content, 6, 0}});
    CHECK(compare(one, two).total == TaskChanges{1, 0, 0, 0});
    CHECK(compare(two, one).total == TaskChanges{0, 1, 0, 0});
  }
  const JsonSummary pair = summary({{1, 50, 5, 0}, {1, 60, 5, 0}});
  const JsonSummary other = summary({{1, 50, 5, 0}, {1, 70, 6, 0}});
  CHECK(compare(pair, other).total == TaskChanges{0, 0, 1, 0});
}

TEST_CASE("the keys that are kept are of the first tasks of their file", "[task_difference]") {
  const JsonSummary before = summary({{7, 1, 5, 0}, {6, 1, 5, 0}, {3, 1, 5, 0}, {2, 1, 5, 0}});
  const JsonSummary after =
      summary({{9, 1, 5, 0}, {3, 2, 5, 0}, {2, 2, 5, 0}, {5, 1, 5, 0}, {4, 1, 5, 0}});
  const TaskDifference two = compare_tasks(before, after, 2);
  CHECK(two.total == TaskChanges{3, 2, 0, 2});
  CHECK(two.added == Keys{5, 9});
  CHECK(two.removed == Keys{6, 7});
  CHECK(two.changed == Keys{2, 3});
  const TaskDifference one = compare_tasks(before, after, 1);
  CHECK(one.added == Keys{9});
  CHECK(one.removed == Keys{7});
  CHECK(one.changed == Keys{3});
  const TaskDifference none = compare_tasks(before, after, 0);
  CHECK(none.total == two.total);
  CHECK((none.added.empty() && none.removed.empty() && none.changed.empty()));
}

TEST_CASE("marks that were set aside are compared like those in memory", "[task_difference]") {
  const auto seed = GENERATE(1U, 2U, 3U);
  std::mt19937 random(seed);
  const TempDir dir;
  for (int round = 0; round < 50; ++round) {
    const auto old = random_marks(random, random() % 200);
    const auto fresh = random_marks(random, 100 + random() % 100);
    const TaskDifference kept = compare(summary(old), summary(fresh));
    CHECK(kept.total == changes_by_hand(old, fresh));
    const TaskMarks::Limits limits{.marks = 1 + random() % 40, .runs = 2 + random() % 5};
    const JsonSummary aside = summary(fresh, TaskMarks(dir.path(), limits));
    CHECK(aside.marks.spilled());
    const TaskDifference found = compare(summary(old, TaskMarks(dir.path(), limits)), aside);
    CHECK(found.total == kept.total);
    CHECK(found.by_agent == kept.by_agent);
    CHECK(found.added == kept.added);
    CHECK(found.removed == kept.removed);
    CHECK(found.changed == kept.changed);
  }
}
