// SPDX-License-Identifier: MIT
#include "a2a_backup/cli/completion.hpp"

#include <algorithm>

#include "a2a_backup/cli/command_line.hpp"

namespace a2a_backup {
namespace {

void add_value(const OptionInfo& option, const ReadWords& read, const BackupNames& backup_names,
               Completion& completion) {
  if (option.kind == ValueKind::folder) completion.shell = ShellCompletes::folders;
  if (option.kind == ValueKind::file) completion.shell = ShellCompletes::files;
  for (const std::string& choice : option.choices) completion.candidates.push_back({choice, ""});
  if (option.kind != ValueKind::backup) return;
  completion.shell = ShellCompletes::files;
  completion.candidates.push_back({"latest", "the newest good backup"});
  for (Candidate& name : backup_names(read.values)) completion.candidates.push_back(name);
}

/// Whether it makes sense once more, beside what is there already.
bool fits(const OptionInfo& option, const ReadWords& read) {
  for (const OptionInfo* given : read.options) {
    if (given == &option && !option.repeatable) return false;
    const auto& excluded = option.excludes;
    if (std::find(excluded.begin(), excluded.end(), given->name()) != excluded.end()) return false;
  }
  return true;
}

void add_option_names(const ReadWords& read, Completion& completion) {
  for (auto command = read.commands.rbegin(); command != read.commands.rend(); ++command) {
    for (const OptionInfo& option : (*command)->options) {
      const bool inherited = command != read.commands.rbegin();
      if (inherited && (option.key == "help" || option.key == "version")) continue;
      if (!fits(option, read)) continue;
      for (const std::string& name : option.names) {
        completion.candidates.push_back({name, option.description});
      }
    }
  }
}

void add_words(const ReadWords& read, const BackupNames& backup_names, Completion& completion) {
  for (const CommandInfo& command : read.command().commands) {
    if (read.options_ended) break;
    completion.candidates.push_back({command.name, command.description});
  }
  const OptionInfo* argument = read.next_argument();
  if (argument != nullptr) add_value(*argument, read, backup_names, completion);
  const bool nothing = completion.candidates.empty();
  if (nothing && completion.shell == ShellCompletes::nothing && !read.options_ended) {
    add_option_names(read, completion);
  }
}

}  // namespace

std::string_view completes_name(ShellCompletes what) {
  switch (what) {
    case ShellCompletes::files:
      return "files";
    case ShellCompletes::folders:
      return "folders";
    case ShellCompletes::nothing:
      break;
  }
  return "nothing";
}

Completion complete(const CommandInfo& program, std::vector<std::string> words,
                    const BackupNames& backup_names) {
  std::string word = words.empty() ? "" : words.back();
  if (!words.empty()) words.pop_back();
  const ReadWords read = read_words(program, words);
  Completion completion;
  const std::size_t equals = word.find('=');
  const bool is_option = word.starts_with("-") && !read.options_ended;
  if (read.waiting != nullptr) {
    add_value(*read.waiting, read, backup_names, completion);
  } else if (is_option && word.starts_with("--") && equals != std::string::npos) {
    const OptionInfo* option = read.find_option(word.substr(0, equals));
    completion.prefix = word.substr(0, equals + 1);
    word.erase(0, equals + 1);
    if (option != nullptr) add_value(*option, read, backup_names, completion);
  } else if (is_option) {
    add_option_names(read, completion);
  } else {
    add_words(read, backup_names, completion);
  }
  std::erase_if(completion.candidates,
                [&](const Candidate& each) { return !each.word.starts_with(word); });
  return completion;
}

std::string unquoted(const std::string& word) {
  std::string text;
  char quote = '\0';
  for (std::size_t i = 0; i < word.size(); ++i) {
    const char c = word[i];
    if (quote == '\0' && (c == '\'' || c == '"')) {
      quote = c;
    } else if (c == quote) {
      quote = '\0';
    } else if (c == '\\' && quote != '\'' && i + 1 < word.size()) {
      text += word[++i];
    } else {
      text += c;
    }
  }
  return text;
}

}  // namespace a2a_backup
