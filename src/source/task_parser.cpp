// SPDX-License-Identifier: MIT
#include "task_parser.hpp"

#include "bounded_names.hpp"

namespace a2a_backup {
namespace {

/// Python gives up near 1,000 nested values, so the application could not have written more.
constexpr std::size_t max_depth = 900;

template <class Map>
typename Map::mapped_type& bounded(Map& map, const std::string& name) {
  return map[bounded_name(map, name)];
}

}  // namespace

bool TaskParser::too_deep() const {
  return depth_ > max_depth;
}

bool TaskParser::key(string_t& name) {
  key_ = name;
  if (depth_ == 1) agent_ = name;
  if (depth_ == task_depth() + 1) end_field();
  mix(name);
  return true;
}

bool TaskParser::open(bool is_array) {
  if (depth_ == 0 && file_ != TaskFile::other && is_array != (file_ == TaskFile::history)) {
    wrong_shape_ = true;
    return false;
  }
  if (file_ != TaskFile::other && depth_ == task_depth()) begin_task();
  mix(is_array ? "[" : "{");
  return ++depth_ <= max_depth;
}

bool TaskParser::close() {
  --depth_;
  if (file_ != TaskFile::other && depth_ == task_depth()) return finish_task();
  mix("}");
  return true;
}

bool TaskParser::value(const std::string& text, bool is_null) {
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
void TaskParser::mix(std::string_view text) {
  if (on_task_) field_.add(text);
}

void TaskParser::begin_task() {
  task_ = Task{};
  field_ = TextHash{};
  key_.clear();
}

void TaskParser::end_field() {
  task_.content += field_.value();
  field_ = TextHash{};
}

void TaskParser::set_field(const std::string& text) {
  if (key_ == "id") task_.id = text;
  if (key_ == "task") task_.text = text;
  if (key_ == "created") task_.created = text;
  if (key_ == "status") task_.status = text;
}

bool TaskParser::finish_task() {
  end_field();
  if (file_ == TaskFile::history) {
    ++tasks_.total;
  } else {
    ++bounded(tasks_.by_status, task_.status);
    ++bounded(bounded(tasks_.by_agent, agent_), task_.status);
  }
  return !on_task_ || on_task_(task_, file_ == TaskFile::history ? std::string() : agent_);
}

}  // namespace a2a_backup
