// SPDX-License-Identifier: MIT
#include "a2a_backup/source/task_json.hpp"
#include "catch.hpp"
#include "support.hpp"

using namespace a2a_backup;
using namespace a2a_backup::test;
using Catch::Matchers::ContainsSubstring;

namespace {

JsonSummary scan(const std::string& text, TaskFile file = TaskFile::other,
                 std::size_t step = 65536) {
  TextReader reader(text, step);
  return scan_json(reader, file, "the file", ErrorKind::source, TaskMarks());
}

/// What is said of a document that is refused.
std::string refusal(const std::string& text, TaskFile file = TaskFile::other) {
  const Error error = error_of([&] { scan(text, file); });
  CHECK(error.kind() == ErrorKind::source);
  return error.message();
}

/// A history of one task with this text; `text` is JSON source, between its quotes.
std::string one_task(const std::string& text) {
  return "[{\"task\": \"" + text + "\", \"created\": \"now\"}]";
}

std::vector<TaskMark> marks_of(const JsonSummary& summary) {
  std::vector<TaskMark> marks;
  TaskMarkStream stream = summary.marks.sorted();
  for (; stream.front() != nullptr; stream.pop()) marks.push_back(*stream.front());
  return marks;
}

/// Equal when two task texts are equal once they are decoded.
std::uint64_t key_of(const std::string& text, std::size_t step = 65536) {
  return marks_of(scan(one_task(text), TaskFile::history, step)).at(0).key;
}

std::vector<std::uint64_t> keys_of(const JsonSummary& summary) {
  std::vector<std::uint64_t> keys;
  for (const TaskMark& mark : marks_of(summary)) keys.push_back(mark.key);
  return keys;
}

}  // namespace

TEST_CASE("the name of an entry says what it holds", "[task_json]") {
  CHECK(task_file_of("shared/tasks.json") == TaskFile::history);
  CHECK(task_file_of("shared/agent_tasks.json") == TaskFile::agents);
  CHECK(task_file_of("shared/jules_agents.json") == TaskFile::other);
  CHECK(task_file_of("tasks.json") == TaskFile::other);
}

TEST_CASE("a history is counted", "[task_json]") {
  CHECK(scan(history_json(0), TaskFile::history).tasks.total == 0);
  const JsonSummary summary = scan(history_json(25), TaskFile::history);
  CHECK(summary.tasks.total == 25);
  CHECK(summary.tasks.by_status.empty());
  CHECK(summary.marks.size() == 25);
  std::vector<TaskMark> marks = marks_of(summary);
  CHECK(std::is_sorted(marks.begin(), marks.end()));
  std::sort(marks.begin(), marks.end(),
            [](const TaskMark& a, const TaskMark& b) { return a.position < b.position; });
  REQUIRE(marks.size() == 25);
  for (std::size_t i = 0; i < marks.size(); ++i) CHECK(marks[i].position == i);
  CHECK(summary.agents == std::vector<std::string>{""});
}

TEST_CASE("the tasks of agents are counted by status and agent", "[task_json]") {
  const JsonSummary summary = scan(agents_json(5), TaskFile::agents);
  CHECK(summary.tasks.total == 0);
  CHECK(summary.tasks.by_status ==
        std::map<std::string, std::uint64_t>{{"completed", 4}, {"pending", 6}});
  CHECK(summary.tasks.by_agent.size() == 2);
  CHECK(summary.tasks.by_agent.at("bob") ==
        std::map<std::string, std::uint64_t>{{"completed", 2}, {"pending", 3}});
  CHECK(scan(R"({"idle": []})", TaskFile::agents).tasks == TaskCounts{});
}

TEST_CASE("only a task's own fields count, not those deeper inside", "[task_json]") {
  const JsonSummary summary = scan(
      R"({"a": [{"id": "1", "result": {"status": "failed", "list": [1, {"id": 2}]},
                 "status": "done"},
                {"id": "2"}]})",
      TaskFile::agents);
  CHECK(summary.tasks.by_status ==
        std::map<std::string, std::uint64_t>{{"done", 1}, {"unknown", 1}});
}

TEST_CASE("odd tasks are counted as well", "[task_json]") {
  CHECK(scan(R"(["plain text", 5, null, [], {}])", TaskFile::history).tasks.total == 5);
  CHECK(scan(R"({"a": ["x", {"status": 7}]})", TaskFile::agents).tasks.by_status ==
        std::map<std::string, std::uint64_t>{{"7", 1}, {"unknown", 1}});
}

TEST_CASE("a file full of names does not fill the metadata", "[task_json]") {
  std::string text = "{";
  for (int i = 0; i < 1500; ++i) {
    text += (i == 0 ? "\"" : ",\"") + std::string("agent") + std::to_string(i) +
            R"(": [{"status": "s)" + std::to_string(i) + "\"}]";
  }
  const TaskCounts tasks = scan(text + "}", TaskFile::agents).tasks;
  CHECK(tasks.by_agent.size() == 1001);
  CHECK(tasks.by_status.size() == 1001);
  CHECK(tasks.by_status.at("(others)") == 500);
  const TaskCounts longest =
      scan(R"({"a": [{"status": ")" + std::string(5000, 's') + "\"}]}", TaskFile::agents).tasks;
  CHECK(longest.by_status.begin()->first.size() == 200);
}

TEST_CASE("the wrong kind of document is refused in plain words", "[task_json]") {
  CHECK(refusal("{}", TaskFile::history) == "the file is not a list of tasks");
  CHECK(refusal("5", TaskFile::history) == "the file is not a list of tasks");
  CHECK(refusal("[]", TaskFile::agents) == "the file is not an object of agents");
  CHECK(refusal("null", TaskFile::agents) == "the file is not an object of agents");
  CHECK_NOTHROW(scan("{}"));
  CHECK_NOTHROW(scan("[]"));
  CHECK_NOTHROW(scan(" 5\n"));
  CHECK(refusal("") == "the file is empty, not JSON");
  CHECK(refusal(" \r\n\t ") == "the file is empty, not JSON");
  CHECK_THAT(refusal("\n<!DOCTYPE html><html>[]</html>", TaskFile::history),
             ContainsSubstring("is a web page"));
  CHECK_THAT(refusal(std::string(4096, '\0')), !ContainsSubstring("nothing was thrown"));
}

TEST_CASE("what is not JSON is refused", "[task_json]") {
  const auto text =
      GENERATE(as<std::string>{}, "[1,]", "[1 2]", "{\"a\" 1}", "{1: 2}", "[] []", "[]x", "[1}",
               "{'a': 1}", "[tru]", "[nan]", "[NaNs]", "[-NaN]", "[Infinit]", "[--Infinity]",
               "[+1]", "[01]", "[1.]", "[\"a\nb\"]", "[\"\\x41\"]", "[\"\\u12g4\"]", "[\"\xff\"]",
               "[\"\xed\xa0\x80\"]", "// no\n[]");
  CAPTURE(text);
  CHECK_THAT(refusal(text), ContainsSubstring("is not valid JSON near byte"));
}

TEST_CASE("a document that is cut off anywhere is refused", "[task_json]") {
  const std::string text =
      R"([{"task": "a \"q\" \ud83d\ude00 \ud83d \\", "n": [NaN, -Infinity, 1.5e3, true, null]}])";
  for (std::size_t size = 0; size < text.size(); ++size) {
    CAPTURE(size);
    const Error error = error_of([&] { scan(text.substr(0, size), TaskFile::history, 7); });
    REQUIRE(error.kind() == ErrorKind::source);
  }
  CHECK(scan(text, TaskFile::history, 7).tasks.total == 1);
  CHECK_THAT(refusal(text.substr(0, text.size() - 1), TaskFile::history),
             ContainsSubstring("is cut off after byte"));
  CHECK_THAT(refusal(history_json(2000).substr(0, 100'000), TaskFile::history),
             ContainsSubstring("is cut off after byte 100000"));
}

// The parser names the half token, not the end.
TEST_CASE("a cut inside an escape or a word is called a cut as well", "[task_json]") {
  const auto text = GENERATE(as<std::string>{}, "[\"\\", "[\"\\u", "[\"\\u12", "[\"\xc3", "[tru",
                             "[-", "[1.", "[1e", "[-Infini");
  CAPTURE(text);
  CHECK_THAT(refusal(text), ContainsSubstring("is cut off after byte"));
}

// The parser takes a zero byte for the end of the input.
TEST_CASE("a zero byte does not end a document", "[task_json]") {
  CHECK_THAT(refusal(std::string("[]\0", 3)), ContainsSubstring("is not valid JSON"));
  CHECK_THAT(refusal(std::string("[]\0{", 4)), ContainsSubstring("is not valid JSON"));
}

TEST_CASE("a document may nest as deep as Python could have read it", "[task_json]") {
  const auto nested = [](std::size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };
  CHECK_NOTHROW(scan(nested(900)));
  CHECK(refusal(nested(901)) == "the file nests deeper than the application can read");
  CHECK(refusal(std::string(1'000'000, '[')) ==
        "the file nests deeper than the application can read");
  std::string objects;
  for (int i = 0; i < 100'000; ++i) objects += "{\"a\":";
  CHECK(refusal(objects, TaskFile::agents) ==
        "the file nests deeper than the application can read");
}

TEST_CASE("an error of the reader comes through as it is", "[task_json]") {
  class Failing : public Reader {
    std::size_t read(std::span<std::byte> buffer) override {
      if (calls_++ > 0) throw Error(ErrorKind::busy, "the reader failed");
      buffer[0] = std::byte{'['};
      return 1;
    }
    int calls_ = 0;
  };
  Failing reader;
  const Error error =
      error_of([&] { scan_json(reader, TaskFile::other, "the file", ErrorKind::source); });
  CHECK(error.kind() == ErrorKind::busy);
  CHECK(error.message() == "the reader failed");
}

TEST_CASE("a task is known by agent and id, else by text and time", "[task_json]") {
  const auto keys = [](const std::string& text) { return keys_of(scan(text, TaskFile::agents)); };
  const auto base = keys(R"({"a": [{"id": "1", "status": "pending"}]})");
  CHECK(base == keys(R"({"a": [{"status": "completed", "id": "1", "task": "new text"}]})"));
  CHECK(base != keys(R"({"b": [{"id": "1", "status": "pending"}]})"));
  CHECK(keys(R"({"ab": [{"id": "c"}]})") != keys(R"({"a": [{"id": "bc"}]})"));
  CHECK(keys(R"({"a": [{"task": "x", "created": "1"}]})") !=
        keys(R"({"a": [{"task": "x", "created": "2"}]})"));
  CHECK(key_of("x") ==
        keys_of(scan(R"([{"created": "now", "task": "x"}])", TaskFile::history)).at(0));
  TextReader reader(history_json(3));
  CHECK(scan_json(reader, TaskFile::history, "x", ErrorKind::source).marks.size() == 0);
  // Without an id, or with one of null, the text tells them apart.
  CHECK(keys(R"({"a": [{"id": null, "task": "x"}]})") !=
        keys(R"({"a": [{"id": null, "task": "y"}]})"));
  CHECK(keys(R"({"a": [{"id": null, "task": "x"}]})") == keys(R"({"a": [{"task": "x"}]})"));
  CHECK(keys(R"({"a": [{"id": 7}]})") == keys(R"({"a": [{"id": "7"}]})"));
  // A task that is a list has no fields, and none of the task before it.
  CHECK(keys(R"({"a": [{"id": "1"}, ["2"]]})").size() == 2);
  CHECK(keys(R"({"a": [["2"]]})") == keys(R"({"a": [["3"]]})"));
}

TEST_CASE("the content of a task is all of its fields in any order", "[task_json]") {
  const auto content = [](const std::string& text) {
    return marks_of(scan("[" + text + "]", TaskFile::history)).at(0).content;
  };
  const std::uint64_t base = content(R"({"task": "x", "created": "1", "more": {"a": [1, 2]}})");
  CHECK(base == content(R"({"more": {"a": [1, 2]}, "created": "1", "task": "x"})"));
  CHECK(base != content(R"({"task": "x", "created": "1", "more": {"a": [1, 3]}})"));
  CHECK(base != content(R"({"task": "x", "created": "1", "more": {"a": [1], "b": 2}})"));
  CHECK(base != content(R"({"task": "1", "created": "x", "more": {"a": [1, 2]}})"));
  CHECK(base != content(R"({"task": "x", "created": "1"})"));
  CHECK(content(R"("x")") != content(R"("y")"));
}

TEST_CASE("tasks are listed in words", "[task_json]") {
  const std::string long_text = std::string(58, 'x') + "\u00e4\u00e4" + "end";
  const std::string text = R"({"a": [{"id": "1", "task": "first\nline", "status": "pending"},
      {"id": 2, "task": ")" +
                           long_text + R"("}], "b": [{"id": "3", "status": "done"}]})";
  const JsonSummary summary = scan(text, TaskFile::agents);
  const auto list = [&](const std::vector<std::uint64_t>& keys, std::size_t limit) {
    TextReader reader(text);
    return list_tasks(reader, TaskFile::agents, keys, limit);
  };
  const std::vector<TaskLine> all = list(keys_of(summary), 10);
  REQUIRE(all.size() == 3);
  CHECK(all[0].agent == "a");
  CHECK(all[0].id == "1");
  CHECK(all[0].status == "pending");
  CHECK(all[0].text == "first line");
  CHECK(all[1].id == "2");
  // Cut between characters.
  CHECK(all[1].text == std::string(58, 'x') + "\xc3\xa4...");
  CHECK(all[2].agent == "b");
  CHECK(list(keys_of(summary), 2).size() == 2);
  CHECK(list({}, 10).empty());
  const std::vector<TaskLine> one = list({all[2].key}, 10);
  REQUIRE(one.size() == 1);
  CHECK(one[0].id == "3");
}

TEST_CASE("the counts of several files add up", "[task_json]") {
  TaskCounts sum = scan(history_json(4), TaskFile::history).tasks;
  merge_tasks(sum, scan(agents_json(2), TaskFile::agents).tasks);
  merge_tasks(sum, scan(agents_json(2), TaskFile::agents).tasks);
  CHECK(sum.total == 4);
  CHECK(sum.by_status.at("pending") == 4);
  CHECK(sum.by_agent.at("alice").at("completed") == 2);
}

// What Python's json writes beyond RFC 8259.

TEST_CASE("Python's NaN and Infinity are read, in one piece or in many", "[task_json]") {
  const std::string text = R"([{"task": "x", "a": NaN, "b": Infinity, "c": -Infinity, "d": -1},
                              {"e": [NaN,NaN,-Infinity,-0.5,1e-7]}, NaN])";
  const auto step = GENERATE(1U, 2U, 3U, 5U, 7U, 65536U);
  CHECK(scan(text, TaskFile::history, step).tasks.total == 3);
  CHECK_NOTHROW(scan("NaN", TaskFile::other, step));
  CHECK_NOTHROW(scan("-Infinity", TaskFile::other, step));
}

// The parser refuses what does not fit into a double; Python reads infinity, and any whole number.
TEST_CASE("numbers beyond a double are read, as Python does", "[task_json]") {
  CHECK_NOTHROW(scan("[1e400, -1e400]"));
  CHECK_NOTHROW(scan("[1" + std::string(400, '0') + "]"));
}

TEST_CASE("words that look like numbers stay as they are inside a text", "[task_json]") {
  // The second form hides the word from anything that looks for it.
  CHECK(key_of("NaN") == key_of("\\u004eaN"));
  CHECK(key_of("-Infinity") == key_of("\\u002d\\u0049nfinity"));
  CHECK(key_of("say \\\"NaN\\\"") == key_of("say \\u0022\\u004eaN\\u0022"));
  CHECK(key_of("back\\\\") == key_of("back\\u005c"));
  CHECK(key_of("\\\\\\\"NaN") == key_of("\\u005c\\u0022\\u004eaN"));
}

TEST_CASE("escaped pairs are emoji, lone halves the replacement character", "[task_json]") {
  const auto step = GENERATE(1U, 2U, 5U, 6U, 11U, 65536U);
  const std::string lone = "\xef\xbf\xbd";
  CHECK(key_of("\\ud83d\\ude00", step) == key_of("\xf0\x9f\x98\x80"));
  CHECK(key_of("\\uD83D\\uDE00!", step) == key_of("\xf0\x9f\x98\x80!"));
  CHECK(key_of("\\ud83d", step) == key_of(lone));
  CHECK(key_of("\\ude00", step) == key_of(lone));
  CHECK(key_of("\\ude00\\ud83d", step) == key_of(lone + lone));
  CHECK(key_of("\\ud83d\\ud83d\\ude00", step) == key_of(lone + "\xf0\x9f\x98\x80"));
  CHECK(key_of("\\ud83dx\\ude00", step) == key_of(lone + "x" + lone));
  CHECK(key_of("\\ud83d\\n", step) == key_of(lone + "\\n"));
  // Python writes the text \ud83d, with a backslash in it, in this way.
  CHECK(key_of("\\\\ud83d", step) == key_of("\\u005cud83d"));
  CHECK(key_of("\\ud7ff\\ue000", step) == key_of("\xed\x9f\xbf\xee\x80\x80"));
}

TEST_CASE("an escape on the border of a buffer is the same escape", "[task_json]") {
  // Let what is special stand on every side of the point where one read ends.
  const auto border = GENERATE(std::size_t{64}, std::size_t{65536});
  for (std::size_t end = border - 14; end <= border + 2; ++end) {
    CAPTURE(border, end);
    const std::string pad(end - std::string("[{\"task\": \"").size(), 'a');
    const auto key = [&](const std::string& text) { return key_of(pad + text, border); };
    REQUIRE(key("\\ud83d\\ude00z") == key("\xf0\x9f\x98\x80z"));
    REQUIRE(key("\\ud83d") == key("\xef\xbf\xbd"));
    if (border > 64) continue;
    REQUIRE(key("\\\\\\\"NaN\\ude00") == key("\\u005c\\u0022\\u004eaN\xef\xbf\xbd"));
    const std::string text = "[" + std::string(end, ' ') + "-Infinity, NaN, {\"task\": \"x\"}]";
    REQUIRE(scan(text, TaskFile::history, border).tasks.total == 3);
  }
}

TEST_CASE("marks that are many are set aside while a file is read", "[task_json]") {
  const TempDir dir;
  TextReader reader(history_json(25));
  const JsonSummary summary = scan_json(reader, TaskFile::history, "the file", ErrorKind::source,
                                        TaskMarks(dir.path(), {.marks = 10, .runs = 2}));
  CHECK(summary.marks.spilled());
  CHECK(marks_of(summary) == marks_of(scan(history_json(25), TaskFile::history)));
  CHECK(tree_of(dir.path()).empty());

  TextReader again(history_json(25));
  const Error error = error_of([&] {
    scan_json(again, TaskFile::history, "the file", ErrorKind::source,
              TaskMarks(dir / "missing", {.marks = 10, .runs = 2}));
  });
  CHECK(error.kind() == ErrorKind::failed);
}
