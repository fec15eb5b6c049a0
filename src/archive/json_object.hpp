// SPDX-License-Identifier: MIT
/// Typed access to JSON that somebody else made.
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "a2a_backup/core/clock.hpp"

namespace a2a_backup {

/// What is wrong with a document, for an Error that names the file.
struct JsonProblem {
  std::string text;
};

/// One object. A missing optional key leaves the default; a value of another type is a JsonProblem
/// that names the key. The JSON must outlive it.
class JsonObject {
 public:
  using Json = nlohmann::json;

  /// `name` is how messages call it. Throws JsonProblem when it is no object.
  JsonObject(const Json& json, std::string name);

  /// Null when there is no such key.
  const Json* find(const std::string& key) const;
  const Json& require(const std::string& key) const;

  /// `value` is that of `key`, or of a part of it.
  std::string text(const std::string& key, const Json& value) const;
  std::uint64_t number(const std::string& key, const Json& value) const;
  TimePoint time(const std::string& key, const Json& value) const;
  const Json& array(const std::string& key, const Json& value) const;

  std::string text_or(const std::string& key) const;
  std::uint64_t number_or_zero(const std::string& key) const;
  TimePoint time_or_epoch(const std::string& key) const;
  /// The numbers of an object of its own; none when there is no such key.
  std::map<std::string, std::uint64_t> counts(const std::string& key) const;

  /// The key, as messages call it.
  std::string quoted(const std::string& key) const { return name_ + "'s \"" + key + "\""; }

 private:
  const Json& json_;
  std::string name_;
};

}  // namespace a2a_backup
