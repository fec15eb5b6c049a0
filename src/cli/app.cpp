// SPDX-License-Identifier: MIT
#include "a2a_backup/cli/app.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <new>

#include "a2a_backup/cli/commands.hpp"
#include "a2a_backup/cli/config_file.hpp"
#include "a2a_backup/cli/output.hpp"
#include "a2a_backup/core/interrupt.hpp"
#include "a2a_backup/core/log.hpp"
#include "a2a_backup/core/text.hpp"
#include "a2a_backup/core/version.hpp"

namespace a2a_backup {
namespace {

std::string exit_code_help() {
  std::string text = "Exit codes:\n  0    done\n";
  for (const ErrorKindInfo& info : error_kinds()) {
    std::string code = std::to_string(info.exit_code);
    code.resize(5, ' ');
    text += "  " + code + std::string(info.meaning) + "\n";
  }
  return text;
}

/// What the user may have meant by the first word that nobody knows.
std::string did_you_mean(const CLI::App& app, int argc, char** argv) {
  std::vector<std::string> known;
  for (const CLI::App* command : app.get_subcommands({})) {
    known.push_back(command->get_name());
    for (const CLI::Option* option : command->get_options()) {
      for (const std::string& name : option->get_lnames()) known.push_back("--" + name);
    }
  }
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) known.push_back("--" + name);
  }
  for (int i = 1; i < argc; ++i) {
    const std::string word = std::string(argv[i]).substr(0, std::string(argv[i]).find('='));
    if (std::find(known.begin(), known.end(), word) != known.end()) continue;
    const std::string close = nearest(word, known);
    if (!close.empty()) return "did you mean '" + close + "'?";
  }
  return {};
}

[[noreturn]] void usage_error(const CLI::App& app, const CLI::ParseError& error, int argc,
                              char** argv) {
  std::string message = error.what();
  message.erase(message.find_last_not_of(" .\n") + 1);
  std::replace(message.begin(), message.end(), '\n', ' ');
  if (message.size() > 1 && std::isupper(message[1]) == 0) {
    message[0] = static_cast<char>(std::tolower(message[0]));
  }
  const std::string close = did_you_mean(app, argc, argv);
  throw Error(ErrorKind::usage, message, close.empty() ? "see 'a2a-backup --help'" : close);
}

void set_up_log(const GlobalOptions& options) {
  const auto level = options.quiet     ? log::Level::quiet
                     : options.verbose ? log::Level::verbose
                                       : log::Level::normal;
  log::configure(level, use_colour(options));
}

/// Parses and runs; whatever goes wrong is an Error.
void run_command(CLI::App& app, GlobalOptions& options, int argc, char** argv) {
  add_global_options(app, options);
  const std::vector<Command> commands{add_create(app, options),  add_list(app, options),
                                      add_inspect(app, options), add_restore(app, options),
                                      add_verify(app, options),  add_prune(app, options),
                                      add_diff(app, options)};
  for (const Command& command : commands) command.app->fallthrough();
  bind_environment(app);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& success) {
    app.exit(success);  // --help and --version
    return;
  } catch (const CLI::ParseError& error) {
    usage_error(app, error, argc, argv);
  }
  apply_config(app, options.config);
  set_up_log(options);
  install_interrupt_handlers();
  for (const Command& command : commands) {
    if (command.app->parsed()) command.run();
  }
  finish_output();
}

}  // namespace

int run(int argc, char** argv) {
  CLI::App app("Backs up and restores an a2a-system: its task files and its database.",
               "a2a-backup");
  app.set_version_flag("--version", "a2a-backup " + std::string(version()));
  app.require_subcommand(1);
  app.footer(exit_code_help());
  GlobalOptions options;
  // Known before parsing, so that a usage error is a document too.
  options.json = std::find(argv, argv + argc, std::string_view("--json")) != argv + argc;
  try {
    try {
      run_command(app, options, argc, argv);
      return 0;
    } catch (const std::bad_alloc&) {
      throw Error(ErrorKind::failed, "out of memory");
    } catch (const fs::filesystem_error& error) {
      throw system_error(ErrorKind::failed, "cannot use " + error.path1().string(),
                         error.code().value());
    }
  } catch (const Error& error) {
    print_error(error, options);
    return info_of(error.kind()).exit_code;
  } catch (const std::exception& error) {
    print_error(Error(ErrorKind::failed, error.what()), options);
    return info_of(ErrorKind::failed).exit_code;
  }
}

}  // namespace a2a_backup
