// SPDX-License-Identifier: MIT
#include "json_object.hpp"

#include <utility>

namespace a2a_backup {

JsonObject::JsonObject(const Json& json, std::string name) : json_(json), name_(std::move(name)) {
  if (!json_.is_object()) throw JsonProblem{name_ + " is not an object"};
}

const JsonObject::Json* JsonObject::find(const std::string& key) const {
  const auto found = json_.find(key);
  return found == json_.end() ? nullptr : &*found;
}

const JsonObject::Json& JsonObject::require(const std::string& key) const {
  if (const Json* value = find(key)) return *value;
  throw JsonProblem{name_ + " lacks \"" + key + "\""};
}

std::string JsonObject::text(const std::string& key, const Json& value) const {
  if (!value.is_string()) throw JsonProblem{quoted(key) + " is not a string"};
  return value.get<std::string>();
}

std::uint64_t JsonObject::number(const std::string& key, const Json& value) const {
  if (!value.is_number_unsigned()) throw JsonProblem{quoted(key) + " is not a whole number"};
  return value.get<std::uint64_t>();
}

TimePoint JsonObject::time(const std::string& key, const Json& value) const {
  const auto time = parse_time(text(key, value));
  if (!time) throw JsonProblem{quoted(key) + " is not a time"};
  return *time;
}

const JsonObject::Json& JsonObject::array(const std::string& key, const Json& value) const {
  if (!value.is_array()) throw JsonProblem{quoted(key) + " is not a list"};
  return value;
}

std::string JsonObject::text_or(const std::string& key) const {
  const Json* value = find(key);
  return value == nullptr ? std::string() : text(key, *value);
}

std::uint64_t JsonObject::number_or_zero(const std::string& key) const {
  const Json* value = find(key);
  return value == nullptr ? 0 : number(key, *value);
}

TimePoint JsonObject::time_or_epoch(const std::string& key) const {
  const Json* value = find(key);
  return value == nullptr ? TimePoint{} : time(key, *value);
}

std::map<std::string, std::uint64_t> JsonObject::counts(const std::string& key) const {
  std::map<std::string, std::uint64_t> result;
  const Json* value = find(key);
  if (value == nullptr) return result;
  const JsonObject object(*value, quoted(key));
  for (const auto& [name, count] : value->items()) {
    result[name] = object.number(name, count);
  }
  return result;
}

}  // namespace a2a_backup
