// SPDX-License-Identifier: MIT
#include "a2a_backup/source/task_json.hpp"

#include <algorithm>
#include <istream>
#include <iterator>
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
};

/// Follows the parser's events. A task is an object at depth 1 of a history, at depth 2 of agents.
class TaskCounter : public nlohmann::json_sax<nlohmann::json> {
 public:
  TaskCounter(TaskFile file, bool want_keys) : file_(file), want_keys_(want_keys) {}

  bool null() override { return value("null"); }
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
  JsonSummary& summary() { return summary_; }

 private:
  std::size_t task_depth() const { return file_ == TaskFile::history ? 1 : 2; }

  bool open(bool is_array) {
    if (depth_ == 0 && file_ != TaskFile::other && is_array != (file_ == TaskFile::history)) {
      wrong_shape_ = true;
      return false;
    }
    if (file_ != TaskFile::other && depth_ == task_depth()) task_ = Task{};
    return ++depth_ <= max_depth;
  }
  bool close() {
    --depth_;
    if (file_ != TaskFile::other && depth_ == task_depth()) finish_task();
    return true;
  }
  bool value(const std::string& text) {
    if (depth_ == 0 && file_ != TaskFile::other) {
      wrong_shape_ = true;
      return false;
    }
    if (depth_ == 0 || file_ == TaskFile::other) return true;
    if (depth_ == task_depth()) {
      // A task that is a bare value, such as a plain string in the list.
      task_ = Task{};
      task_.text = text;
      finish_task();
    } else if (depth_ == task_depth() + 1) {
      set_field(text);
    }
    return true;
  }
  void set_field(const std::string& text) {
    if (key_ == "id") task_.id = text;
    if (key_ == "task") task_.text = text;
    if (key_ == "created") task_.created = text;
    if (key_ == "status") task_.status = text;
  }
  void finish_task() {
    TaskCounts& tasks = summary_.tasks;
    if (file_ == TaskFile::history) {
      ++tasks.total;
    } else {
      ++bounded(tasks.by_status, task_.status);
      ++bounded(bounded(tasks.by_agent, agent_), task_.status);
    }
    if (!want_keys_) return;
    Hash hash;
    if (file_ == TaskFile::agents) hash.add(agent_);
    hash.add(task_.id);
    if (task_.id.empty()) hash.add(task_.text);
    if (task_.id.empty()) hash.add(task_.created);
    summary_.keys.push_back(hash.value());
  }

  TaskFile file_;
  bool want_keys_;
  std::size_t depth_ = 0;
  std::string key_;
  std::string agent_;
  Task task_;
  bool wrong_shape_ = false;
  std::size_t error_position_ = 0;
  JsonSummary summary_;
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
                      bool want_keys) {
  PythonJsonBuffer buffer(reader);
  std::istream stream(&buffer);
  TaskCounter counter(file, want_keys);
  const bool whole = nlohmann::json::sax_parse(stream, &counter);
  if (!whole) throw Error(kind, name + " " + problem(counter, file, buffer));
  std::sort(counter.summary().keys.begin(), counter.summary().keys.end());
  return std::move(counter.summary());
}

std::uint64_t count_missing(const std::vector<std::uint64_t>& keys,
                            const std::vector<std::uint64_t>& others) {
  std::vector<std::uint64_t> missing;
  std::set_difference(keys.begin(), keys.end(), others.begin(), others.end(),
                      std::back_inserter(missing));
  return missing.size();
}

void merge_tasks(TaskCounts& sum, const TaskCounts& part) {
  sum.total += part.total;
  for (const auto& [status, count] : part.by_status) sum.by_status[status] += count;
  for (const auto& [agent, statuses] : part.by_agent) {
    for (const auto& [status, count] : statuses) sum.by_agent[agent][status] += count;
  }
}

}  // namespace a2a_backup
