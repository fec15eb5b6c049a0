// SPDX-License-Identifier: MIT
#include "a2a_backup/cli/command_tree.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <sstream>

#include "a2a_backup/core/text.hpp"

namespace a2a_backup {
namespace {

constexpr int most_choices = 16;  // a longer range is a number to think of, not to choose from

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::istringstream stream(text);
  for (std::string part; std::getline(stream, part, separator);) parts.push_back(part);
  return parts;
}

/// What stands between `open` and `close`, or "".
std::string between(const std::string& text, const std::string& open, const std::string& close) {
  const std::size_t begin = text.find(open);
  if (begin == std::string::npos) return {};
  const std::size_t end = text.find(close, begin + open.size());
  if (end == std::string::npos) return {};
  return text.substr(begin + open.size(), end - begin - open.size());
}

int to_int(const std::string& text) {
  int number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

/// From what CLI11's validators say of themselves: "N:UINT in [1 - 64]", "WHEN:{auto,always}".
void read_limits(const std::string& type, OptionInfo& info) {
  if (const std::string set = between(type, "{", "}"); !set.empty()) {
    info.choices = split(set, ',');
    info.allowed = enumeration(info.choices, "or");
  }
  const std::string range = between(type, " in [", "]");
  const std::size_t dash = range.find(" - ");
  if (dash == std::string::npos) return;
  const std::string low = range.substr(0, dash);
  const std::string high = range.substr(dash + 3);
  info.allowed = "a number from " + low + " to " + high;
  if (to_int(high) - to_int(low) >= most_choices) return;
  for (int i = to_int(low); i <= to_int(high); ++i) info.choices.push_back(std::to_string(i));
}

/// From the words of the placeholder, such as "PATH|URL|none".
void read_placeholder(OptionInfo& info) {
  for (const std::string& word : split(info.placeholder, '|')) {
    if (word == "DIR") info.kind = ValueKind::folder;
    if (word == "FILE" || word == "PATH") info.kind = ValueKind::file;
    if (word == "SEL") info.kind = ValueKind::backup;
    const bool literal = std::all_of(word.begin(), word.end(),
                                     [](char c) { return (c >= 'a' && c <= 'z') || c == '-'; });
    if (literal && info.allowed.empty()) info.choices.push_back(word);
  }
}

void read_description(const CLI::Option& option, OptionInfo& info) {
  info.description = option.get_description();
  info.default_text = option.get_default_str();
  const std::size_t begin = info.description.rfind(" (default: ");
  if (begin == std::string::npos || !info.description.ends_with(")")) return;
  info.default_text = info.description.substr(begin + 11, info.description.size() - begin - 12);
  info.description.resize(begin);
}

std::string called(const CLI::Option& option) {
  return option.get_lnames().empty() ? option.get_type_name() : "--" + option.get_lnames().front();
}

std::vector<std::string> examples_in(const std::string& footer) {
  std::vector<std::string> examples;
  const std::size_t begin = footer.find("Examples:\n");
  if (begin == std::string::npos) return examples;
  for (const std::string& line : split(footer.substr(begin + 10), '\n')) {
    if (!line.starts_with("  ")) break;
    examples.push_back(line.substr(2));
  }
  return examples;
}

CommandInfo describe_command(const CLI::App& app, const std::string& parent) {
  CommandInfo info;
  info.app = &app;
  info.name = app.get_name();
  info.path = parent.empty() ? info.name : parent + " " + info.name;
  info.description = app.get_description();
  info.examples = examples_in(app.get_footer());
  const auto is_last = [&](const CLI::Option* option) {
    return option == app.get_help_ptr() || option == app.get_version_ptr();
  };
  for (const bool last : {false, true}) {
    for (const CLI::Option* option : app.get_options()) {
      if (option->get_group().empty() || is_last(option) != last) continue;
      auto& where = option->get_positional() ? info.arguments : info.options;
      where.push_back(describe(*option));
    }
  }
  for (const CLI::App* command : app.get_subcommands({})) {
    if (command->get_group().empty()) continue;
    info.commands.push_back(describe_command(*command, info.path));
  }
  return info;
}

}  // namespace

std::string OptionInfo::label() const {
  std::string text;
  for (const std::string& each : names) text += (text.empty() ? "" : ", ") + each;
  if (is_flag()) return text;
  return text + (text.empty() ? "" : " ") + placeholder;
}

const OptionInfo* CommandInfo::find_option(const std::string& called) const {
  for (const OptionInfo& info : options) {
    if (std::find(info.names.begin(), info.names.end(), called) != info.names.end()) return &info;
  }
  return nullptr;
}

const CommandInfo* CommandInfo::find_command(const std::string& called) const {
  for (const CommandInfo& command : commands) {
    if (command.name == called) return &command;
  }
  return nullptr;
}

std::vector<std::string> CommandInfo::command_names() const {
  std::vector<std::string> known;
  for (const CommandInfo& command : commands) known.push_back(command.name);
  return known;
}

std::vector<std::string> CommandInfo::option_names() const {
  std::vector<std::string> known;
  for (const OptionInfo& info : options) {
    known.insert(known.end(), info.names.begin(), info.names.end());
  }
  return known;
}

std::string CommandInfo::usage() const {
  std::string text = path + " [OPTION...]";
  if (!commands.empty()) text += " COMMAND";
  for (const OptionInfo& argument : arguments) {
    const std::string word = argument.placeholder + (argument.repeatable ? "..." : "");
    text += argument.required ? " " + word : " [" + word + "]";
  }
  return text;
}

OptionInfo describe(const CLI::Option& option) {
  OptionInfo info;
  info.option = &option;
  for (const std::string& name : option.get_snames()) info.names.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) info.names.push_back("--" + name);
  info.key = option.get_lnames().empty() ? option.get_name(true) : option.get_lnames().front();
  if (option.get_expected_max() > 0) {
    const std::string type = option.get_type_name();
    info.placeholder = type.substr(0, type.find(':'));
    read_limits(type, info);
    read_placeholder(info);
  }
  read_description(option, info);
  info.environment = option.get_envname();
  for (const CLI::Option* other : option.get_excludes()) info.excludes.push_back(called(*other));
  std::sort(info.excludes.begin(), info.excludes.end());
  info.repeatable = option.get_expected_max() > 1;
  info.required = option.get_required();
  return info;
}

CommandInfo describe(const CLI::App& app) {
  return describe_command(app, "");
}

}  // namespace a2a_backup
