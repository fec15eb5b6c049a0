// SPDX-License-Identifier: MIT
#include "a2a_backup/cli/app.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <new>

#include "a2a_backup/cli/command_tree.hpp"
#include "a2a_backup/cli/commands.hpp"
#include "a2a_backup/cli/config_file.hpp"
#include "a2a_backup/cli/help.hpp"
#include "a2a_backup/cli/output.hpp"
#include "a2a_backup/cli/usage_errors.hpp"
#include "a2a_backup/core/interrupt.hpp"
#include "a2a_backup/core/log.hpp"
#include "a2a_backup/core/version.hpp"

namespace a2a_backup {
namespace {

/// The help of the innermost command that was named.
std::string help_text(const CLI::App& app) {
  const CommandInfo program = describe(app);
  const CommandInfo* command = &program;
  for (const CLI::App* parsed = &app; !parsed->get_subcommands().empty();) {
    parsed = parsed->get_subcommands().front();
    command = command->find_command(parsed->get_name());
  }
  return command == &program ? program_help(program) : command_help(program, *command);
}

/// False when the command line asked for something that is answered already.
bool parse(CLI::App& app, int argc, char** argv) {
  const std::vector<std::string> words(argv + std::min(argc, 1), argv + argc);
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    print(help_text(app));
    return false;
  } catch (const CLI::CallForVersion&) {
    print("a2a-backup " + std::string(version()) + "\n");
    return false;
  } catch (const CLI::ParseError& error) {
    throw usage_error(describe(app), words, error);
  }
  refuse_empty_values(describe(app), words);
  return true;
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
  const std::vector<Command> commands{
      add_create(app, options),  add_list(app, options),      add_inspect(app, options),
      add_restore(app, options), add_verify(app, options),    add_prune(app, options),
      add_diff(app, options),    add_copy(app, options),      add_serve(app, options),
      add_config(app, options),  add_completion(app, options)};
  for (const Command& command : commands) command.app->fallthrough();
  bind_environment(app);
  refuse_passwords(app);
  if (run_hidden_command(app, options, argc, argv)) return finish_output();
  if (!parse(app, argc, argv)) return finish_output();
  const auto chosen = std::find_if(commands.begin(), commands.end(),
                                   [](const Command& each) { return each.app->parsed(); });
  if (chosen->configured) apply_config(app, options.config);
  set_up_log(options);
  warn_of_unknown_variables(describe(app));
  install_interrupt_handlers();
  chosen->run();
  finish_output();
}

}  // namespace

int run(int argc, char** argv) {
  CLI::App app("Backs up and restores an a2a-system: its task files and its database.",
               "a2a-backup");
  app.set_help_flag("-h,--help", "Print this help");
  app.set_version_flag("--version", std::string(version()), "Print the version");
  app.require_subcommand(1);
  app.footer(
      "Examples:\n  a2a-backup create\n  a2a-backup list\n"
      "  a2a-backup restore latest --dry-run\n");
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
