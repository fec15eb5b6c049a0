// SPDX-License-Identifier: MIT
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdlib>

#include "a2a_backup/archive/entry_name.hpp"
#include "a2a_backup/cli/command_tree.hpp"
#include "a2a_backup/cli/commands.hpp"
#include "a2a_backup/cli/completion.hpp"
#include "a2a_backup/cli/config_file.hpp"
#include "a2a_backup/cli/man_page.hpp"
#include "a2a_backup/cli/output.hpp"
#include "a2a_backup/cli/selection.hpp"
#include "a2a_backup/cli/shell_scripts.hpp"
#include "a2a_backup/core/clock.hpp"
#include "a2a_backup/core/text.hpp"

namespace a2a_backup {
namespace {

/// A shell would expand it before the program runs.
std::string without_tilde(const std::string& path) {
  const char* home = std::getenv("HOME");
  const bool tilde = path == "~" || path.starts_with("~/");
  return tilde && home != nullptr ? home + path.substr(1) : path;
}

/// As parsing would: what is typed already, else the environment, else the configuration.
void set_options(CLI::App& app, GlobalOptions& options,
                 const std::map<std::string, std::string>& typed) {
  for (const char* key : {"root", "backup-dir", "config"}) {
    CLI::Option* option = app.get_option(std::string("--") + key);
    const auto found = typed.find(key);
    const char* variable = std::getenv(option->get_envname().c_str());
    if (found == typed.end() && variable == nullptr) continue;
    option->add_result(found != typed.end() ? without_tilde(found->second) : variable);
    option->run_callback();
  }
  apply_config(app, options.config);
}

/// The tails of the archives are not read: completion must not wait for a slow disk.
std::vector<Candidate> backup_names(const GlobalOptions& options) {
  std::vector<Candidate> names;
  if (options.backup_folder().empty()) return names;  // nor for a service
  for (const StoredFile& file : backup_store(options)->list("")) {
    if (is_archive_name(file.name)) names.push_back({file.name, format_bytes(file.size)});
  }
  std::reverse(names.begin(), names.end());  // newest first, as 'list' has it
  return names;
}

bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

/// One candidate a line. Names that would break the line, or the terminal, are left out.
void print_completion(const Completion& completion) {
  print(std::string(completes_name(completion.shell)) + "\t" + completion.prefix + "\n");
  for (const Candidate& candidate : completion.candidates) {
    if (std::any_of(candidate.word.begin(), candidate.word.end(), is_control)) continue;
    print(candidate.word + "\t" + candidate.description + "\n");
  }
}

void answer_shell(CLI::App& app, GlobalOptions& options, std::vector<std::string> words) {
  if (!words.empty() && words.front() == "--quoted") {
    words.erase(words.begin());
    for (std::string& word : words) word = unquoted(word);
  }
  const auto names = [&](const std::map<std::string, std::string>& typed) {
    try {
      set_options(app, options, typed);
      return backup_names(options);
    } catch (const std::exception&) {
      return std::vector<Candidate>{};  // the command itself will say what is wrong
    }
  };
  print_completion(complete(describe(app), std::move(words), names));
}

/// The day of $SOURCE_DATE_EPOCH, so that a package can be built again bit by bit; else today.
std::string page_date() {
  const char* epoch = std::getenv("SOURCE_DATE_EPOCH");
  const TimePoint time =
      epoch != nullptr ? TimePoint(std::chrono::seconds(std::strtoll(epoch, nullptr, 10))) : now();
  return format_rfc3339(time).substr(0, 10);
}

}  // namespace

bool run_hidden_command(CLI::App& app, GlobalOptions& options, int argc, char** argv) {
  const std::string_view name = argc > 1 ? argv[1] : "";
  if (name == "__complete") {
    answer_shell(app, options, {argv + 2, argv + argc});
  } else if (name == "__man") {
    print(man_page(describe(app), page_date()));
  } else {
    return false;
  }
  return true;
}

Command add_completion(CLI::App& app, const GlobalOptions&) {
  auto shell = std::make_shared<std::string>();
  CLI::App* command =
      app.add_subcommand("completion", "Print the script that makes a shell complete");
  command->add_option("shell", *shell, "bash, zsh or fish")
      ->check(CLI::IsMember({"bash", "zsh", "fish"}))
      ->type_name("SHELL")
      ->required();
  command->footer(
      "Examples:\n  source <(a2a-backup completion bash)\n"
      "  a2a-backup completion fish > a2a-backup.fish\n");
  return {command, [shell] { print(completion_script(*shell)); }};
}

}  // namespace a2a_backup
