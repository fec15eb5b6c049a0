// SPDX-License-Identifier: MIT
#include "a2a_backup/cli/help.hpp"

#include <algorithm>

#include "a2a_backup/core/error.hpp"

namespace a2a_backup {
namespace {

constexpr std::size_t page_width = 80;
constexpr std::size_t widest_label = 26;
const std::string no_break = "\x01";  // a space that wrap() does not see

struct Line {
  std::string label;
  std::string text;
};

/// Two columns. A label that is too wide has its text on the next line.
std::string section(const std::string& title, const std::vector<Line>& lines) {
  if (lines.empty()) return {};
  std::size_t width = 0;
  for (const Line& line : lines) {
    if (line.label.size() <= widest_label) width = std::max(width, line.label.size());
  }
  const std::size_t column = 2 + width + 2;
  std::string text = "\n" + title + ":\n";
  for (const Line& line : lines) {
    text += "  " + line.label;
    text += line.label.size() <= width ? std::string(width - line.label.size() + 2, ' ')
                                       : "\n" + std::string(column, ' ');
    // As if the first line, too, began in the first column.
    const std::string filled = std::string(column, '.') + line.text;
    text += wrap(filled, page_width, column).substr(column) + "\n";
  }
  return text;
}

std::string aligned(const OptionInfo& option) {
  const bool only_long = !option.names.empty() && option.names.front().starts_with("--");
  return (only_long ? "    " : "") + option.label();
}

std::vector<Line> option_lines(const std::vector<OptionInfo>& options) {
  std::vector<Line> lines;
  for (const OptionInfo& option : options) {
    std::string text = option.description;
    if (option.repeatable && !option.is_positional()) text += "; may be repeated";
    if (!option.default_text.empty()) text += " (default: " + option.default_text + ")";
    lines.push_back({aligned(option), text});
  }
  return lines;
}

std::vector<Line> command_lines(const CommandInfo& parent) {
  std::vector<Line> lines;
  for (const CommandInfo& command : parent.commands) {
    lines.push_back({command.name, command.description});
  }
  return lines;
}

std::vector<Line> exit_code_lines() {
  std::vector<Line> lines{{"0", "done"}};
  for (const ErrorKindInfo& info : error_kinds()) {
    lines.push_back({std::to_string(info.exit_code), std::string(info.meaning)});
  }
  return lines;
}

std::string heading(const CommandInfo& command) {
  std::string text = command.description + (command.description.ends_with(".") ? "" : ".");
  return wrap(text, page_width, 0) + "\n\nUsage: " + wrap(command.usage(), page_width - 7, 9) +
         "\n";
}

std::string example_lines(const CommandInfo& command) {
  std::string text = command.examples.empty() ? "" : "\nExamples:\n";
  for (const std::string& example : command.examples) text += "  " + example + "\n";
  return text;
}

std::string global_line(const CommandInfo& program) {
  std::string text = "Options of every command, which 'a2a-backup --help' explains:";
  for (const OptionInfo& option : program.options) {
    if (option.key == "help" || option.key == "version") continue;
    text += (text.ends_with(":") ? " " : ", ") + option.names.front() +
            (option.is_flag() ? "" : no_break + option.placeholder);
  }
  text = wrap(text + ".", page_width, 2);
  std::replace(text.begin(), text.end(), no_break.front(), ' ');
  return "\n" + text + "\n";
}

}  // namespace

std::string wrap(std::string_view text, std::size_t width, std::size_t indent) {
  std::string wrapped;
  std::size_t column = 0;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find(' ', begin), text.size());
    const std::string_view word = text.substr(begin, end - begin);
    if (column > 0 && column + 1 + word.size() > width) {
      wrapped += "\n" + std::string(indent, ' ');
      column = indent;
    } else if (column > 0) {
      wrapped += ' ';
      ++column;
    }
    wrapped += word;
    column += word.size();
    begin = end + 1;
  }
  return wrapped;
}

std::string program_help(const CommandInfo& program) {
  return heading(program) + section("Commands", command_lines(program)) +
         section("Options of every command", option_lines(program.options)) +
         section("Exit codes", exit_code_lines()) + example_lines(program) +
         "\n'a2a-backup COMMAND --help' explains one command, 'man a2a-backup' everything.\n";
}

std::string command_help(const CommandInfo& program, const CommandInfo& command) {
  return heading(command) + section("Commands", command_lines(command)) +
         section("Arguments", option_lines(command.arguments)) +
         section("Options", option_lines(command.options)) + example_lines(command) +
         global_line(program);
}

}  // namespace a2a_backup
