// SPDX-License-Identifier: MIT
#include "a2a_backup/source/task_json.hpp"

#include <algorithm>
#include <istream>
#include <nlohmann/json.hpp>

#include "bounded_names.hpp"
#include "python_json_buffer.hpp"
#include "task_parser.hpp"
#include "text_hash.hpp"

namespace a2a_backup {
namespace {

/// Of a task's text in a TaskLine, in bytes.
constexpr std::size_t line_length = 60;

/// The beginning of a text, cut between characters of UTF-8, with its line breaks as spaces.
std::string first_words(const std::string& text) {
  const std::string_view beginning = beginning_of(text, line_length);
  std::string words(beginning);
  if (beginning.size() < text.size()) words += "...";
  std::replace_if(
      words.begin(), words.end(), [](char c) { return c == '\n' || c == '\r' || c == '\t'; }, ' ');
  return words;
}

std::uint64_t key_of(const Task& task, const std::string& agent) {
  TextHash hash;
  if (!agent.empty()) hash.add(agent);
  hash.add(task.id);
  if (task.id.empty()) hash.add(task.text);
  if (task.id.empty()) hash.add(task.created);
  return hash.value();
}

std::uint32_t hash_of(const std::string& status) {
  TextHash hash;
  hash.add(status);
  return static_cast<std::uint32_t>(hash.value() ^ (hash.value() >> 32U));
}

/// Collects the marks of a document.
class Marker {
 public:
  explicit Marker(JsonSummary& summary) : summary_(summary) {}

  void add(const Task& task, const std::string& agent) {
    summary_.marks.add({key_of(task, agent), task.content, hash_of(task.status), index(agent),
                        summary_.marks.size()});
  }

 private:
  std::uint32_t index(const std::string& agent) {
    // Tasks of one agent stand together, so the last one is nearly always right.
    if (!summary_.agents.empty() && summary_.agents[last_] == agent) return last_;
    const std::string name = bounded_name(indexes_, agent);
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
std::string problem(const TaskParser& parser, TaskFile file, const PythonJsonBuffer& buffer) {
  const std::string& head = buffer.head();
  const std::size_t start = head.find_first_not_of(" \t\r\n");
  if (start == std::string::npos) return "is empty, not JSON";
  if (head[start] == '<') return "is a web page (it starts with '<'), not JSON";
  if (parser.wrong_shape()) return shape_problem(file);
  if (parser.too_deep()) return "nests deeper than the application can read";
  if (buffer.is_cut(parser.error_position())) {
    return "is cut off after byte " + std::to_string(buffer.size());
  }
  return "is not valid JSON near byte " + std::to_string(parser.error_position());
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
    on_task = [&](const Task& task, const std::string& agent) {
      marker.add(task, agent);
      return true;
    };
  }
  PythonJsonBuffer buffer(reader);
  std::istream stream(&buffer);
  TaskParser parser(file, std::move(on_task));
  const bool whole = nlohmann::json::sax_parse(stream, &parser);
  if (!whole) throw Error(kind, name + " " + problem(parser, file, buffer));
  summary.tasks = parser.tasks();
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
  TaskParser parser(file, on_task);
  nlohmann::json::sax_parse(stream, &parser);
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
