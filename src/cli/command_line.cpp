// SPDX-License-Identifier: MIT
#include "a2a_backup/cli/command_line.hpp"

#include <algorithm>

namespace a2a_backup {
namespace {

void give(ReadWords& read, const OptionInfo& option, const std::string& value) {
  read.options.push_back(&option);
  read.values[option.key] = value;
}

void read_long(ReadWords& read, const std::string& word) {
  const std::size_t equals = word.find('=');
  const OptionInfo* option = read.find_option(word.substr(0, equals));
  if (option == nullptr) {
    read.unknown_options.push_back(word.substr(0, equals));
  } else if (equals != std::string::npos) {
    give(read, *option, word.substr(equals + 1));
  } else if (option->is_flag()) {
    give(read, *option, "true");
  } else {
    read.waiting = option;
  }
}

/// "-n", "-nv", "-C", "-Cdir".
void read_short(ReadWords& read, const std::string& word) {
  for (std::size_t i = 1; i < word.size(); ++i) {
    const OptionInfo* option = read.find_option(std::string("-") + word[i]);
    if (option == nullptr) {
      read.unknown_options.push_back(i == 1 ? word : std::string("-") + word[i]);
      return;
    }
    if (option->is_flag()) {
      give(read, *option, "true");
      continue;
    }
    if (i + 1 == word.size()) {
      read.waiting = option;
    } else {
      give(read, *option, word.substr(i + 1));
    }
    return;
  }
}

void read_plain(ReadWords& read, const std::string& word) {
  const CommandInfo* command = read.command().find_command(word);
  if (command != nullptr && !read.options_ended) {
    read.commands.push_back(command);
  } else if (const OptionInfo* argument = read.next_argument()) {
    give(read, *argument, word);
    ++read.arguments;
  } else {
    read.unexpected.push_back(word);
  }
}

}  // namespace

const OptionInfo* ReadWords::find_option(const std::string& name) const {
  for (auto command = commands.rbegin(); command != commands.rend(); ++command) {
    if (const OptionInfo* option = (*command)->find_option(name)) return option;
  }
  return nullptr;
}

const OptionInfo* ReadWords::next_argument() const {
  const std::vector<OptionInfo>& known = command().arguments;
  if (known.empty()) return nullptr;
  if (arguments < known.size()) return &known[arguments];
  return known.back().repeatable ? &known.back() : nullptr;
}

ReadWords read_words(const CommandInfo& program, const std::vector<std::string>& words) {
  ReadWords read;
  read.commands.push_back(&program);
  for (const std::string& word : words) {
    if (read.waiting != nullptr) {
      give(read, *read.waiting, word);
      read.waiting = nullptr;
    } else if (read.options_ended || word.size() < 2 || word.front() != '-') {
      read_plain(read, word);
    } else if (word == "--") {
      read.options_ended = true;
    } else if (word.starts_with("--")) {
      read_long(read, word);
    } else {
      read_short(read, word);
    }
  }
  return read;
}

}  // namespace a2a_backup
