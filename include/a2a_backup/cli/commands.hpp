// SPDX-License-Identifier: MIT
/// The commands. Each adds itself with its flags and returns what to run when it was chosen; the
/// options live in the returned function.
#pragma once

#include <functional>

#include "a2a_backup/cli/global_options.hpp"

namespace a2a_backup {

struct Command {
  CLI::App* app = nullptr;
  std::function<void()> run;
  bool configured = true;  ///< whether the configuration file is applied before it runs
};

Command add_create(CLI::App& app, const GlobalOptions& global);
Command add_list(CLI::App& app, const GlobalOptions& global);
Command add_inspect(CLI::App& app, const GlobalOptions& global);
Command add_restore(CLI::App& app, const GlobalOptions& global);
Command add_diff(CLI::App& app, const GlobalOptions& global);
Command add_verify(CLI::App& app, const GlobalOptions& global);
Command add_prune(CLI::App& app, const GlobalOptions& global);
Command add_copy(CLI::App& app, const GlobalOptions& global);
Command add_serve(CLI::App& app, const GlobalOptions& global);
Command add_config(CLI::App& app, const GlobalOptions& global);
Command add_completion(CLI::App& app, const GlobalOptions& global);

/// What the completion scripts and the build ask for, in words that no help mentions:
/// `__complete WORD...` and `__man`. False when `argv` asks for neither.
bool run_hidden_command(CLI::App& app, GlobalOptions& options, int argc, char** argv);

}  // namespace a2a_backup
