// SPDX-License-Identifier: MIT
#include "a2a_backup/cli/usage_errors.hpp"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cstdlib>
#include <optional>

#include "a2a_backup/cli/command_line.hpp"
#include "a2a_backup/cli/secrets.hpp"
#include "a2a_backup/core/clock.hpp"
#include "a2a_backup/core/log.hpp"
#include "a2a_backup/core/text.hpp"

namespace a2a_backup {
namespace {

/// In the placeholders of what takes URLs, and says itself what is wrong with one, or any text.
constexpr std::array may_hold_url{"URL", "SEL", "CMD", "VALUE"};

Error usage(const std::string& message, const std::string& hint) {
  return {ErrorKind::usage, message, hint};
}

std::string quoted(const std::string& word) {
  return "'" + printable(redacted(word)) + "'";
}

std::string help_of(const CommandInfo& command) {
  return "see '" + command.path + " --help'";
}

Error unknown_option(const ReadWords& read, const std::string& word) {
  if (read.command().find_option(word) != nullptr) {
    return usage(word + " is an option of " + quoted(read.command().name),
                 "write it after the name of the command");
  }
  std::vector<std::string> known;
  for (const CommandInfo* command : read.commands) {
    const std::vector<std::string> names = command->option_names();
    known.insert(known.end(), names.begin(), names.end());
  }
  // An option of one letter is near to every other.
  const bool is_long = word.starts_with("--");
  std::erase_if(known, [&](const std::string& name) { return name.starts_with("--") != is_long; });
  const std::string help = help_of(read.command());
  return usage(quoted(read.command().path) + " has no option " + quoted(word),
               is_long ? did_you_mean(word, known, help) : help);
}

Error unexpected_word(const ReadWords& read, const std::string& word) {
  const CommandInfo& command = read.command();
  if (!command.commands.empty()) {
    return usage(quoted(command.path) + " has no command " + quoted(word),
                 did_you_mean(word, command.command_names(), help_of(command)));
  }
  const std::size_t most = command.arguments.size();
  return usage(quoted(command.path) + " takes " +
                   (most == 0 ? "no argument" : "only " + plural(most, "argument")) + ", not " +
                   quoted(word),
               help_of(command));
}

Error missing_command(const CommandInfo& command) {
  return usage(
      quoted(command.path) + " needs a command: " + enumeration(command.command_names(), "or"),
      help_of(command));
}

std::optional<Error> missing_argument(const ReadWords& read) {
  for (const OptionInfo& argument : read.command().arguments) {
    const auto& given = read.options;
    if (!argument.required || std::find(given.begin(), given.end(), &argument) != given.end()) {
      continue;
    }
    return usage(quoted(read.command().path) + " needs " + argument.placeholder +
                     (argument.allowed.empty() ? "" : ": " + argument.allowed),
                 help_of(read.command()));
  }
  return std::nullopt;
}

std::optional<Error> excluded_pair(const ReadWords& read) {
  for (const OptionInfo* one : read.options) {
    for (const OptionInfo* other : read.options) {
      const std::vector<std::string>& excluded = one->excludes;
      if (std::find(excluded.begin(), excluded.end(), other->name()) == excluded.end()) continue;
      const auto shown = [&](const OptionInfo& option) {
        return option.is_positional() ? quoted(read.values.at(option.key)) : option.name();
      };
      return usage(shown(*one) + " and " + shown(*other) + " do not go together",
                   help_of(read.command()));
    }
  }
  return std::nullopt;
}

std::optional<Error> given_twice(const ReadWords& read) {
  for (const OptionInfo* option : read.options) {
    if (option->repeatable || option->is_flag()) continue;
    const auto count = std::count(read.options.begin(), read.options.end(), option);
    if (count > 1) {
      return usage(option->name() + " is given " + std::to_string(count) + " times",
                   "give it once");
    }
  }
  return std::nullopt;
}

/// The option that CLI11 names at the beginning of its message.
const OptionInfo* blamed(const ReadWords& read, const CLI::ParseError& error) {
  const std::string what = error.what();
  for (auto command = read.commands.rbegin(); command != read.commands.rend(); ++command) {
    for (const auto* options : {&(*command)->options, &(*command)->arguments}) {
      for (const OptionInfo& option : *options) {
        const std::string name = option.is_positional() ? option.key : "--" + option.key;
        if (what.starts_with(name + ":") || what.find(" " + name + " =") != std::string::npos ||
            what.starts_with(name + " ")) {
          return &option;
        }
      }
    }
  }
  return nullptr;
}

Error bad_value(const ReadWords& read, const OptionInfo& option, const CLI::ParseError& error) {
  const auto typed = read.values.find(option.key);
  const bool on_line = typed != read.values.end();
  std::vector<std::string> values = option.option->results();
  if (on_line && values.size() < 2) values = {typed->second};
  const std::string from = on_line ? option.name() : option.environment;
  const std::string near = values.empty() ? "" : nearest(values.front(), option.choices);
  return usage(from + " " + value_problem(option, values, error),
               near.empty() ? help_of(read.command()) : "did you mean '" + near + "'?");
}

/// For what has no sentence of ours: CLI11's, as the first half of one.
Error in_its_own_words(const ReadWords& read, const CLI::ParseError& error) {
  std::string message = redacted(error.what());
  std::replace(message.begin(), message.end(), '\n', ' ');
  message.erase(message.find_last_not_of(" .") + 1);
  if (message.size() > 1 && std::isupper(static_cast<unsigned char>(message[1])) == 0) {
    message[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(message[0])));
  }
  return usage(message, help_of(read.command()));
}

void collect_variables(const CommandInfo& command, std::vector<std::string>& known) {
  for (const OptionInfo& option : command.options) known.push_back(option.environment);
  for (const CommandInfo& each : command.commands) collect_variables(each, known);
}

}  // namespace

std::chrono::seconds duration_of(const std::string& option, const std::string& value,
                                 const std::string& example) {
  if (const auto duration = parse_duration(value)) return *duration;
  throw Error(ErrorKind::usage, option + " " + value + " is not a duration",
              "write a number and s, m, h, d or w, such as " + example);
}

std::string did_you_mean(const std::string& word, const std::vector<std::string>& known,
                         const std::string& otherwise) {
  const std::string close = nearest(word, known);
  return close.empty() || close == word ? otherwise : "did you mean '" + close + "'?";
}

std::string value_problem(const OptionInfo& option, const std::vector<std::string>& values,
                          const CLI::Error& error) {
  if (values.size() > 1 && !option.repeatable) return "has more than one value";
  const std::string is = "is " + (values.empty() ? "empty" : quoted(values.front()));
  if (option.is_flag()) return is + ", and must be true or false";
  if (!option.allowed.empty()) return is + ", and must be " + option.allowed;
  if (error.get_name() == "ConversionError") return is + ", and must be a number";
  const std::string what = error.what();
  const std::size_t colon = what.find(": ");
  return is + ": " + redacted(colon == std::string::npos ? what : what.substr(colon + 2));
}

Error usage_error(const CommandInfo& program, const std::vector<std::string>& words,
                  const CLI::ParseError& error) {
  const ReadWords read = read_words(program, words);
  if (!read.unknown_options.empty()) return unknown_option(read, read.unknown_options.front());
  if (!read.unexpected.empty()) return unexpected_word(read, read.unexpected.front());
  if (read.waiting != nullptr) {
    return usage(read.waiting->name() + " needs a value: " + read.waiting->placeholder,
                 help_of(read.command()));
  }
  if (!read.command().commands.empty()) return missing_command(read.command());
  for (const auto& find : {missing_argument, given_twice, excluded_pair}) {
    if (const std::optional<Error> found = find(read)) return *found;
  }
  // What it lacks beside it, or that it is missing, is not the fault of its value.
  const bool lacks = error.get_name() == "RequiresError" || error.get_name() == "RequiredError";
  const OptionInfo* option = lacks ? nullptr : blamed(read, error);
  return option != nullptr ? bad_value(read, *option, error) : in_its_own_words(read, error);
}

void refuse_empty_values(const CommandInfo& program, const std::vector<std::string>& words) {
  const ReadWords read = read_words(program, words);
  for (const OptionInfo* option : read.options) {
    if (option->is_flag() || option->is_positional()) continue;
    if (!read.values.at(option->key).empty()) continue;
    throw usage(option->name() + " is given as an empty string",
                "leave it out, or see whether a variable of your script is not set");
  }
}

void refuse_passwords(CLI::App& app) {
  const auto check = [](const std::string& value) -> std::string {
    if (value.find("://") == std::string::npos || redacted(value) == value) return {};
    return "a URL with a password; a database is named by --database or A2A_DATABASE_URL";
  };
  for (CLI::Option* option : app.get_options()) {
    const std::string type = option->get_type_name();
    const bool free = std::any_of(may_hold_url.begin(), may_hold_url.end(), [&](const char* word) {
      return type.find(word) != std::string::npos;
    });
    if (option->get_expected_max() > 0 && !free) option->check(CLI::Validator(check, ""));
  }
  for (CLI::App* command : app.get_subcommands({})) refuse_passwords(*command);
}

void warn_of_unknown_variables(const CommandInfo& program) {
  // A secret has a variable and no option: the command line is for all to see.
  std::vector<std::string> known{"A2A_BACKUP_TOKEN"};
  collect_variables(program, known);
  for (char** variable = environ; variable != nullptr && *variable != nullptr; ++variable) {
    const std::string text = *variable;
    const std::string name = text.substr(0, text.find('='));
    if (!name.starts_with("A2A_BACKUP_")) continue;
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    log::warn("nothing reads the variable " + name + "; " +
              did_you_mean(name, known, "'a2a-backup config show' lists what is read"));
  }
}

}  // namespace a2a_backup
