// SPDX-License-Identifier: MIT
/// Follows a JSON parser through the application's files, task by task.
#pragma once

#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "a2a_backup/source/task_json.hpp"
#include "text_hash.hpp"

namespace a2a_backup {

/// The fields of the task being read.
struct Task {
  std::string id;
  std::string text;
  std::string created;
  std::string status = "unknown";
  std::uint64_t content = 0;  ///< the sum of its fields' hashes, so that their order is no matter
};

/// Called for each task, with its agent; false ends the reading.
using OnTask = std::function<bool(const Task& task, const std::string& agent)>;

/// Takes the events of nlohmann::json::sax_parse(). A task is an object at depth 1 of a history, at
/// depth 2 of agents.
class TaskParser : public nlohmann::json_sax<nlohmann::json> {
 public:
  /// Without `on_task` the tasks are counted alone.
  TaskParser(TaskFile file, OnTask on_task) : file_(file), on_task_(std::move(on_task)) {}

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
  bool key(string_t& name) override;
  bool parse_error(std::size_t position, const std::string& /*token*/,
                   const nlohmann::detail::exception& /*error*/) override {
    error_position_ = position;
    return false;
  }

  const TaskCounts& tasks() const { return tasks_; }

  /// Why the parser was stopped.
  bool wrong_shape() const { return wrong_shape_; }
  bool too_deep() const;
  std::size_t error_position() const { return error_position_; }

 private:
  std::size_t task_depth() const { return file_ == TaskFile::history ? 1 : 2; }
  bool open(bool is_array);
  bool close();
  bool value(const std::string& text, bool is_null = false);
  void mix(std::string_view text);
  void begin_task();
  void end_field();
  void set_field(const std::string& text);
  bool finish_task();

  TaskFile file_;
  OnTask on_task_;
  std::size_t depth_ = 0;
  std::string key_;
  std::string agent_;
  Task task_;
  TextHash field_;
  bool wrong_shape_ = false;
  std::size_t error_position_ = 0;
  TaskCounts tasks_;
};

}  // namespace a2a_backup
