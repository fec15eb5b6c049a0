// SPDX-License-Identifier: MIT
#include "a2a_backup/source/task_json.hpp"

#include <algorithm>
#include <functional>
#include <istream>
#include <nlohmann/json.hpp>

#include "python_json_buffer.hpp"

namespace a2a_backup {
namespace {

/// Python gives up near 1,000 nested values, so the application could not have written more.
constexpr std::size_t max_depth = 900;
/// Names of agents and statuses are data. A file that is full of them must not fill the metadata.
constexpr std::size_t max_names = 1000;
constexpr std::size_t max_name_length = 200;
const std::string other_name = "(others)";
/// Of a task's text in a TaskLine, in bytes.
constexpr std::size_t line_length = 60;

/// FNV-1a, 64 bits: well known, and good enough to count differences.
class Hash {
 public:
  void add(std::string_view text) {
    for (const char c : text) mix(static_cast<unsigned char>(c));
    mix(0);
  }
  std::uint64_t value() const { return value_; }

 private:
  void mix(unsigned char byte) {
    value_ ^= byte;
    value_ *= 0x100000001b3U;
  }
  std::uint64_t value_ = 0xcbf29ce484222325U;
};

template <class Map>
typename Map::mapped_type& bounded(Map& map, const std::string& name) {
  const std::string key = name.substr(0, max_name_length);
  if (const auto found = map.find(key); found != map.end()) return found->second;
  return map[map.size() < max_names ? key : other_name];
}

/// The fields of the task being read.
struct Task {
  std::string id;
  std::string text;
  std::string created;
  std::string status = "unknown";
  std::uint64_t content = 0;  ///< the sum of its fields' hashes, so that their order is no matter
};

/// The beginning of a text, cut between characters of UTF-8, with its line breaks as spaces.
std::string first_words(const std::string& text) {
  std::size_t end = std::min(text.size(), line_length);
  while (end < text.size() && end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0U) == 0x80U) {
    --end;
  }
  std::string words = text.substr(0, end) + (end < text.size() ? "..." : "");
  std::replace_if(
      words.begin(), words.end(), [](char c) { return c == '\n' || c == '\r' || c == '\t'; }, ' ');
  return words;
}

/// Called for each task, with its agent; false ends the reading.
using OnTask = std::function<bool(const Task& task, const std::string& agent)>;

/// Follows the parser's events. A task is an object at depth 1 of a history, at depth 2 of agents.
class TaskCounter : public nlohmann::json_sax<nlohmann::json> {
 public:
  TaskCounter(TaskFile file, OnTask on_task) : file_(file), on_task_(std::move(on_task)) {}

  bool null() override { return value("null", true); }
  bool boolean(bool flag) override { return value(flag ? "true" : "false"); }
  bool number_integer(number_integer_t number) override { return value(std::to_string(number)); }
  bool number_unsigned(number_unsigned_t number) override { return value(std::to_string(number)); }
  bool number_float(number_float_t /*number*/, const string_t& text) override {
    return value(text);
  }
  bool string(string_t& text) override { return value(text); }
  bool binary(binary_t& /*bytes*/) override { return false; }
  bool start_object(std::size_t /*elements*/) override { return open(false); }
  bool start_array(std::size_t /*elements*/) override { return open(true); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }
  bool key(string_t& name) override {
    key_ = name;
    if (depth_ == 1) agent_ = name;
    if (depth_ == task_depth() + 1) end_field();
    mix(name);
    return true;
  }
  bool parse_error(std::size_t position, const std::string& /*token*/,
                   const nlohmann::detail::exception& /*error*/) override {
    error_position_ = position;
    return false;
  }

  bool wrong_shape() const { return wrong_shape_; }
  bool too_deep() const { return depth_ > max_depth; }
  std::size_t error_position() const { return error_position_; }
  const TaskCounts& tasks() const { return tasks_; }

 private:
  std::size_t task_depth() const { return file_ == TaskFile::history ? 1 : 2; }

  bool open(bool is_array) {
    if (depth_ == 0 && file_ != TaskFile::other && is_array != (file_ == TaskFile::history)) {
      wrong_shape_ = true;
      return false;
    }
    if (file_ != TaskFile::other && depth_ == task_depth()) begin_task();
    mix(is_array ? "[" : "{");
    return ++depth_ <= max_depth;
  }
  bool close() {
    --depth_;
    if (file_ != TaskFile::other && depth_ == task_depth()) return finish_task();
    mix("}");
    return true;
  }
  bool value(const std::string& text, bool is_null = false) {
    if (depth_ == 0 && file_ != TaskFile::other) {
      wrong_shape_ = true;
      return false;
    }
    if (depth_ == 0 || file_ == TaskFile::other) return true;
    if (depth_ == task_depth()) {
      // A task that is a bare value, such as a plain string in the list.
      begin_task();
      task_.text = text;
      mix(text);
      return finish_task();
    }
    mix(text);
    // An id of null is none: such tasks must not all be one.
    if (depth_ == task_depth() + 1 && !(is_null && key_ == "id")) set_field(text);
    return true;
  }
  /// Hashing everything is for those who look at single tasks.
  void mix(std::string_view text) {
    if (on_task_) field_.add(text);
  }
  void begin_task() {
    task_ = Task{};
    field_ = Hash{};
    key_.clear();
  }
  void end_field() {
    task_.content += field_.value();
    field_ = Hash{};
  }
  void set_field(const std::string& text) {
    if (key_ == "id") task_.id = text;
    if (key_ == "task") task_.text = text;
    if (key_ == "created") task_.created = text;
    if (key_ == "status") task_.status = text;
  }
  bool finish_task() {
    end_field();
    if (file_ == TaskFile::history) {
      ++tasks_.total;
    } else {
      ++bounded(tasks_.by_status, task_.status);
      ++bounded(bounded(tasks_.by_agent, agent_), task_.status);
    }
    return !on_task_ || on_task_(task_, file_ == TaskFile::history ? std::string() : agent_);
  }

  TaskFile file_;
  OnTask on_task_;
  std::size_t depth_ = 0;
  std::string key_;
  std::string agent_;
  Task task_;
  Hash field_;
  bool wrong_shape_ = false;
  std::size_t error_position_ = 0;
  TaskCounts tasks_;
};

std::uint64_t key_of(const Task& task, const std::string& agent) {
  Hash hash;
  if (!agent.empty()) hash.add(agent);
  hash.add(task.id);
  if (task.id.empty()) hash.add(task.text);
  if (task.id.empty()) hash.add(task.created);
  return hash.value();
}

std::uint32_t hash_of(const std::string& status) {
  Hash hash;
  hash.add(status);
  return static_cast<std::uint32_t>(hash.value() ^ (hash.value() >> 32U));
}

/// Collects the marks of a document.
class Marker {
 public:
  explicit Marker(JsonSummary& summary) : summary_(summary) {}

  bool add(const Task& task, const std::string& agent) {
    summary_.marks.add({key_of(task, agent), task.content, hash_of(task.status), index(agent),
                        summary_.marks.size()});
    return true;
  }

 private:
  std::uint32_t index(const std::string& agent) {
    // Tasks of one agent stand together, so the last one is nearly always right.
    if (!summary_.agents.empty() && summary_.agents[last_] == agent) return last_;
    const std::string key = agent.substr(0, max_name_length);
    const std::string name =
        indexes_.size() < max_names || indexes_.contains(key) ? key : other_name;
    const auto next = static_cast<std::uint32_t>(summary_.agents.size());
    const auto [found, fresh] = indexes_.try_emplace(name, next);
    if (fresh) summary_.agents.push_back(name);
    return last_ = found->second;
  }

  JsonSummary& summary_;
  std::map<std::string, std::uint32_t> indexes_;
  std::uint32_t last_ = 0;
};

std::string shape_problem(TaskFile file) {
  return file == TaskFile::history ? "is not a list of tasks" : "is not an object of agents";
}

/// What is wrong, in words.
std::string problem(const TaskCounter& counter, TaskFile file, const PythonJsonBuffer& buffer) {
  const std::string& head = buffer.head();
  const std::size_t start = head.find_first_not_of(" \t\r\n");
  if (start == std::string::npos) return "is empty, not JSON";
  if (head[start] == '<') return "is a web page (it starts with '<'), not JSON";
  if (counter.wrong_shape()) return shape_problem(file);
  if (counter.too_deep()) return "nests deeper than the application can read";
  if (buffer.is_cut(counter.error_position())) {
    return "is cut off after byte " + std::to_string(buffer.size());
  }
  return "is not valid JSON near byte " + std::to_string(counter.error_position());
}

}  // namespace

TaskFile task_file_of(std::string_view entry) {
  if (entry == "shared/tasks.json") return TaskFile::history;
  if (entry == "shared/agent_tasks.json") return TaskFile::agents;
  return TaskFile::other;
}

JsonSummary scan_json(Reader& reader, TaskFile file, const std::string& name, ErrorKind kind,
                      std::optional<TaskMarks> marks) {
  JsonSummary summary;
  Marker marker(summary);
  OnTask on_task;
  if (marks) {
    summary.marks = std::move(*marks);
    on_task = [&](const Task& task, const auto& who) { return marker.add(task, who); };
  }
  PythonJsonBuffer buffer(reader);
  std::istream stream(&buffer);
  TaskCounter counter(file, std::move(on_task));
  const bool whole = nlohmann::json::sax_parse(stream, &counter);
  if (!whole) throw Error(kind, name + " " + problem(counter, file, buffer));
  summary.tasks = counter.tasks();
  summary.marks.finish();
  return summary;
}

std::vector<TaskLine> list_tasks(Reader& reader, TaskFile file,
                                 const std::vector<std::uint64_t>& keys, std::size_t limit) {
  std::vector<TaskLine> lines;
  if (keys.empty() || limit == 0) return lines;
  const OnTask on_task = [&](const Task& task, const std::string& agent) {
    const std::uint64_t key = key_of(task, agent);
    if (!std::binary_search(keys.begin(), keys.end(), key)) return true;
    const std::string status = file == TaskFile::history ? "" : task.status;
    lines.push_back({key, agent, task.id, status, first_words(task.text)});
    return lines.size() < limit;
  };
  PythonJsonBuffer buffer(reader);
  std::istream stream(&buffer);
  TaskCounter counter(file, on_task);
  nlohmann::json::sax_parse(stream, &counter);
  return lines;
}

void merge_tasks(TaskCounts& sum, const TaskCounts& part) {
  sum.total += part.total;
  for (const auto& [status, count] : part.by_status) sum.by_status[status] += count;
  for (const auto& [agent, statuses] : part.by_agent) {
    for (const auto& [status, count] : statuses) sum.by_agent[agent][status] += count;
  }
}

}  // namespace a2a_backup
