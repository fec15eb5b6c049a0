// SPDX-License-Identifier: MIT
#include "a2a_backup/cli/man_page.hpp"

#include <algorithm>
#include <array>
#include <span>

#include "a2a_backup/core/error.hpp"
#include "a2a_backup/core/text.hpp"
#include "a2a_backup/core/version.hpp"

namespace a2a_backup {
namespace {

struct Entry {
  std::string_view term;
  std::string_view text;
};

constexpr std::array selectors{
    Entry{"latest", "The newest good backup. A broken one is skipped, with a warning."},
    Entry{"latest~N", "The N-th good backup before the newest."},
    Entry{"./some.zip", "A file, wherever it is."},
    Entry{"a2a_backup_20250711, 20250711", "The one backup whose name begins so."},
    Entry{"2025-07-11, 2025-07-11T01:18",
          "The newest good backup not after that day or minute, in UTC."},
};

constexpr std::array variables{
    Entry{"A2A_DATABASE_URL",
          "The application's own: where its database is, unless --database "
          "says so."},
    Entry{"A2A_DB_TYPE", "The application's own: which kind of database it uses."},
    Entry{"XDG_CONFIG_HOME", "Where the configuration is, instead of ~/.config."},
    Entry{"NO_COLOR", "When not empty, nothing is coloured unless --color says so."},
    Entry{"GITHUB_ACTIONS",
          "When true, errors are annotations too, and create reports to "
          "GITHUB_OUTPUT and GITHUB_STEP_SUMMARY."},
};

constexpr std::array files{
    Entry{"~/.config/a2a-backup/config.toml",
          "The configuration: long names of options as keys, those of one command in a section of "
          "its name. It is refused when others may write to it."},
    Entry{"ROOT/backups/a2a_backup_YYYYMMDD_HHMMSS.zip",
          "The backups, plain zips, unless --backup-dir says where."},
    Entry{"ROOT/.a2a-backup/",
          "What the last restore replaced, for --undo, and the journal of one "
          "that was interrupted."},
};

/// Text that troff shows as it is.
std::string plain(std::string_view text) {
  std::string safe;
  for (const char c : text) {
    if (c == '\\') {
      safe += "\\e";
    } else if (c == '-') {
      safe += "\\-";
    } else if (c == '\'') {
      safe += "\\(aq";
    } else if (c == '~') {
      safe += "\\(ti";
    } else if (c == '^') {
      safe += "\\(ha";
    } else {
      safe += c;
    }
  }
  return safe.starts_with(".") ? "\\&" + safe : safe;
}

std::string bold(std::string_view text) {
  return "\\fB" + plain(text) + "\\fR";
}
std::string italic(std::string_view text) {
  return "\\fI" + plain(text) + "\\fR";
}

std::string heading(const std::string& title) {
  return ".SH " + title + "\n";
}
std::string term(const std::string& label, std::string_view text) {
  return ".TP\n" + label + "\n" + plain(text) + "\n";
}

std::string entries(std::span<const Entry> list) {
  std::string text;
  for (const Entry& entry : list) text += term(bold(entry.term), entry.text);
  return text;
}

std::string label_of(const OptionInfo& option) {
  std::string text;
  for (const std::string& name : option.names) text += (text.empty() ? "" : ", ") + bold(name);
  if (option.is_flag()) return text;
  return text + (text.empty() ? "" : " ") + italic(option.placeholder);
}

std::string sentence(const std::string& text) {
  return text + (text.ends_with(".") ? "" : ".");
}

std::string explanation(const OptionInfo& option) {
  const std::string& fallback = option.default_text;
  std::string text =
      sentence(option.description + (fallback.empty() ? "" : " (default: " + fallback + ")"));
  if (option.repeatable && !option.is_positional()) text += " May be repeated.";
  // A number needs its limits said; names stand in the description.
  if (option.allowed.starts_with("a number") && option.choices.empty())
    text += " It is " + option.allowed + ".";
  if (!option.excludes.empty()) {
    text += " Not together with " + enumeration(option.excludes, "or") + ".";
  }
  return text;
}

std::string option_list(const std::vector<OptionInfo>& options) {
  std::string text;
  for (const OptionInfo& option : options) {
    if (option.key == "help") continue;
    text += term(label_of(option), explanation(option));
  }
  return text;
}

std::string synopsis_of(const CommandInfo& command, const std::string& what) {
  std::string text = bold(command.path) + " [" + italic("OPTION") + "...]" + what;
  for (const OptionInfo& argument : command.arguments) {
    const std::string word = italic(argument.placeholder) + (argument.repeatable ? "..." : "");
    text += argument.required ? " " + word : " [" + word + "]";
  }
  return text;
}

/// The commands that do something, in order: those of a group one by one.
std::vector<const CommandInfo*> leaves(const CommandInfo& parent) {
  std::vector<const CommandInfo*> list;
  for (const CommandInfo& command : parent.commands) {
    if (command.commands.empty()) {
      list.push_back(&command);
    } else {
      for (const CommandInfo* leaf : leaves(command)) list.push_back(leaf);
    }
  }
  return list;
}

std::string synopsis(const CommandInfo& program) {
  std::string text =
      heading("SYNOPSIS") + synopsis_of(program, " " + italic("COMMAND") + " ...") + "\n";
  for (const CommandInfo* command : leaves(program)) {
    text += ".br\n" + synopsis_of(*command, "") + "\n";
  }
  return text;
}

std::string example_list(std::vector<std::string> examples) {
  std::sort(examples.begin(), examples.end());
  examples.erase(std::unique(examples.begin(), examples.end()), examples.end());
  std::string text = ".EX\n";
  for (const std::string& example : examples) text += plain(example) + "\n";
  return text + ".EE\n";
}

std::string commands(const CommandInfo& program) {
  std::string text = heading("COMMANDS");
  for (const CommandInfo* command : leaves(program)) {
    text += ".SS " + plain(command->path.substr(program.name.size() + 1)) + "\n" +
            plain(sentence(command->description)) + "\n" + option_list(command->arguments) +
            option_list(command->options);
  }
  return text;
}

std::string exit_status() {
  std::string text = heading("\"EXIT STATUS\"") + term(bold("0"), "done");
  for (const ErrorKindInfo& info : error_kinds()) {
    text += term(bold(std::to_string(info.exit_code)), info.meaning);
  }
  return text;
}

void list_variables(const CommandInfo& command, std::vector<std::string>& known) {
  for (const OptionInfo& option : command.options) {
    if (!option.environment.empty()) known.push_back(option.environment);
  }
  for (const CommandInfo& each : command.commands) list_variables(each, known);
}

std::string environment(const CommandInfo& program) {
  std::vector<std::string> known;
  list_variables(program, known);
  std::sort(known.begin(), known.end());
  known.erase(std::unique(known.begin(), known.end()), known.end());
  std::string text = heading("ENVIRONMENT") +
                     "A flag wins over the environment, that over the configuration file, that "
                     "over the default.\n";
  text +=
      plain("The variable of --backup-dir is A2A_BACKUP_BACKUP_DIR, and so on for these:") + "\n";
  for (std::size_t i = 0; i < known.size(); ++i) {
    text += bold(known[i]) + (i + 1 < known.size() ? "," : ".") + "\n";
  }
  return text + entries(variables);
}

}  // namespace

std::string man_page(const CommandInfo& program, const std::string& date) {
  std::string text = ".TH A2A\\-BACKUP 1 " + date + " \"" +
                     plain("a2a-backup " + std::string(version())) +
                     "\" \"User Commands\"\n.nh\n.ad l\n";
  text += heading("NAME") + plain("a2a-backup") + " \\- back up and restore an a2a\\-system\n";
  text += synopsis(program);
  text += heading("DESCRIPTION") + plain(sentence(program.description)) +
          "\nA backup that exists has been proven: it was read back and compared with what was "
          "captured before it got its name.\nA restore shows its plan, asks, keeps what it "
          "replaces, and can be undone.\nThe archive is a plain zip.\n.PP\n"
          "Results go to standard output, everything else to standard error.\n";
  text += commands(program);
  text += heading("\"GLOBAL OPTIONS\"") +
          plain(
              "Every command takes these, before or after its "
              "name.") +
          "\n" + option_list(program.options);
  text += heading("SELECTORS") + "How a backup is named, wherever " + italic("SEL") + " stands:\n" +
          entries(selectors);
  text += exit_status() + environment(program) + heading("FILES") + entries(files);
  text += heading("EXAMPLES");
  std::vector<std::string> examples = program.examples;
  for (const CommandInfo* command : leaves(program)) {
    examples.insert(examples.end(), command->examples.begin(), command->examples.end());
  }
  text += example_list(examples);
  text += heading("\"SEE ALSO\"") + ".BR unzip (1),\n.BR sqlite3 (1),\n.BR cron (8)\n";
  return text;
}

}  // namespace a2a_backup
