// SPDX-License-Identifier: MIT
#include <algorithm>
#include <random>

#include "a2a_backup/source/task_marks.hpp"
#include "catch.hpp"
#include "support.hpp"

using namespace a2a_backup;
using namespace a2a_backup::test;
using Catch::Matchers::ContainsSubstring;

namespace {

constexpr TaskMarks::Limits small{.marks = 8, .runs = 3};

/// Of few keys, so that some are equal but for their position, and some altogether.
std::vector<TaskMark> random_marks(std::mt19937& random, std::size_t count) {
  std::vector<TaskMark> marks(count);
  for (TaskMark& mark : marks) mark = {random() % 10, random() % 3, 1, 2, random() % 100};
  return marks;
}

TaskMarks collect(const std::vector<TaskMark>& marks, TaskMarks into) {
  for (const TaskMark& mark : marks) into.add(mark);
  into.finish();
  return into;
}

std::vector<TaskMark> read(TaskMarkStream stream) {
  std::vector<TaskMark> marks;
  for (; stream.front() != nullptr; stream.pop()) marks.push_back(*stream.front());
  return marks;
}

std::vector<TaskMark> sorted(std::vector<TaskMark> marks) {
  std::sort(marks.begin(), marks.end());
  return marks;
}

}  // namespace

TEST_CASE("marks come back sorted, however many there are", "[task_marks]") {
  const auto seed = GENERATE(1U, 2U, 3U);
  std::mt19937 random(seed);
  const TempDir dir;
  // Around the limit of the memory, of the runs, and of several merges of them.
  for (const std::size_t count :
       {0U, 1U, 7U, 8U, 9U, 15U, 16U, 17U, 23U, 24U, 25U, 39U, 40U, 41U, 64U, 65U, 1000U}) {
    INFO(count << " marks");
    const std::vector<TaskMark> marks = random_marks(random, count);
    const TaskMarks collected = collect(marks, TaskMarks(dir.path(), small));
    CHECK(collected.size() == count);
    CHECK(collected.spilled() == (count > small.marks));
    CHECK(read(collected.sorted()) == sorted(marks));
    // Again, as nothing is used up.
    CHECK(read(collected.sorted()) == sorted(marks));
    CHECK(tree_of(dir.path()).empty());
  }
}

TEST_CASE("any limits do", "[task_marks]") {
  const auto seed = GENERATE(1U, 2U, 3U);
  std::mt19937 random(seed);
  const TempDir dir;
  for (int round = 0; round < 100; ++round) {
    const TaskMarks::Limits limits{.marks = 1 + random() % 100, .runs = random() % 20};
    INFO(limits.marks << " marks, " << limits.runs << " runs");
    const std::vector<TaskMark> marks = random_marks(random, random() % 1000);
    CHECK(read(collect(marks, TaskMarks(dir.path(), limits)).sorted()) == sorted(marks));
  }
}

TEST_CASE("runs of more marks than a stream holds at once come back sorted", "[task_marks]") {
  const auto seed = GENERATE(1U, 2U, 3U);
  std::mt19937 random(seed);
  const TempDir dir;
  const std::vector<TaskMark> marks = random_marks(random, 50'000);
  const TaskMarks collected = collect(marks, TaskMarks(dir.path(), {.marks = 20'000, .runs = 100}));
  CHECK(collected.spilled());
  CHECK(read(collected.sorted()) == sorted(marks));
}

TEST_CASE("a stream of marks that were set aside outlives them", "[task_marks]") {
  const auto seed = GENERATE(1U, 2U, 3U);
  std::mt19937 random(seed);
  const TempDir dir;
  const std::vector<TaskMark> marks = random_marks(random, 100);
  const auto stream_of_gone_marks = [&] {
    return collect(marks, TaskMarks(dir.path(), small)).sorted();
  };
  CHECK(read(stream_of_gone_marks()) == sorted(marks));
}

TEST_CASE("few marks need no folder", "[task_marks]") {
  const std::vector<TaskMark> marks{{2, 1, 0, 0, 0}, {1, 1, 0, 0, 1}};
  CHECK(read(collect(marks, TaskMarks("/nowhere", small)).sorted()) == sorted(marks));
  CHECK(read(collect(marks, TaskMarks()).sorted()) == sorted(marks));
  CHECK(read(TaskMarks().sorted()).empty());
}

TEST_CASE("marks that cannot be set aside are an error", "[task_marks]") {
  const auto seed = GENERATE(1U, 2U, 3U);
  std::mt19937 random(seed);
  const TempDir dir;
  const auto refused = [&](const fs::path& folder, std::size_t count) {
    return error_of([&] { collect(random_marks(random, count), TaskMarks(folder, small)); });
  };
  const Error missing = refused(dir / "missing", 9);
  CHECK(missing.kind() == ErrorKind::failed);
  CHECK_THAT(missing.message(), ContainsSubstring((dir / "missing").string()));
  CHECK(!missing.hint().empty());

  const FileSizeLimit limit(30 * sizeof(TaskMark));
  CHECK(read(collect(random_marks(random, 20), TaskMarks(dir.path(), small)).sorted()).size() ==
        20);
  // In the middle, and with the last ones.
  for (const std::size_t count : {100U, 31U}) {
    const Error full = refused(dir.path(), count);
    CHECK(full.kind() == ErrorKind::failed);
    CHECK_THAT(full.message(), ContainsSubstring(dir.path().string()));
  }
  CHECK(tree_of(dir.path()).empty());
}
