// SPDX-License-Identifier: MIT
#include "a2a_backup/cli/hooks.hpp"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>

#include "a2a_backup/cli/usage_errors.hpp"
#include "a2a_backup/core/interrupt.hpp"
#include "a2a_backup/core/log.hpp"
#include "a2a_backup/core/subprocess.hpp"

namespace a2a_backup {
namespace {

/// Why the command failed; empty when it did not.
std::string run_hook(const std::string& command, std::chrono::seconds timeout,
                     const HookFacts& facts) {
  SubprocessOptions options;
  options.command = {"/bin/sh", "-c", command};
  options.output = STDERR_FILENO;
  options.show_messages = true;
  options.timeout = timeout;
  for (const auto& [name, value] : facts) options.environment[name] = value;
  // What was printed so far comes before what the hook prints.
  std::fflush(stdout);
  try {
    Subprocess program(std::move(options));
    const ProgramResult& result = program.wait();
    return result.good() ? std::string() : result.ending();
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::failed) throw;
    return error.message();
  }
}

void run_before(const HookFlags& flags, std::chrono::seconds timeout, const HookFacts& facts) {
  if (flags.before.empty()) return;
  const std::string problem = run_hook(flags.before, timeout, facts);
  if (problem.empty()) return;
  throw Error(ErrorKind::failed, "the --before command failed: " + problem,
              "it must end with exit code 0 before anything is done");
}

/// The application that --before has stopped must be started again, so no signal keeps it away.
std::string run_after(const HookFlags& flags, std::chrono::seconds timeout,
                      const HookFacts& facts) {
  if (flags.after.empty()) return {};
  const InterruptShield shield;
  return run_hook(flags.after, timeout, facts);
}

void tell_failure(const HookFlags& flags, std::chrono::seconds timeout, HookFacts facts,
                  const Error& error) {
  facts["A2A_HOOK_OUTCOME"] = "failed";
  facts["A2A_HOOK_EXIT_CODE"] = std::to_string(info_of(error.kind()).exit_code);
  facts["A2A_HOOK_ERROR"] = error.message();
  const std::string problem = run_after(flags, timeout, facts);
  if (!problem.empty()) log::warn("the --after command failed: " + problem);
}

}  // namespace

void add_hook_options(CLI::App& command, HookFlags& flags) {
  command.add_option("--before", flags.before, "Run this by the shell first; stop when it fails")
      ->type_name("CMD");
  command
      .add_option("--after", flags.after,
                  "Run this by the shell at the end, also after a failure (see $A2A_HOOK_OUTCOME)")
      ->type_name("CMD");
  command.add_option("--hook-timeout", flags.timeout, "How long each of them may take")
      ->type_name("AGE")
      ->capture_default_str();
}

void with_hooks(const HookFlags& flags, const std::string& command,
                const std::function<HookFacts()>& work) {
  const std::chrono::seconds timeout = duration_of("--hook-timeout", flags.timeout, "10m");
  const HookFacts known{{"A2A_HOOK_COMMAND", command}};
  HookFacts facts = known;
  try {
    run_before(flags, timeout, known);
    facts.merge(work());
  } catch (...) {
    tell_failure(flags, timeout, known, current_error());
    throw;
  }
  facts["A2A_HOOK_OUTCOME"] = "ok";
  facts["A2A_HOOK_EXIT_CODE"] = "0";
  facts["A2A_HOOK_ERROR"] = "";
  const std::string problem = run_after(flags, timeout, facts);
  if (problem.empty()) return;
  throw Error(ErrorKind::partial, command + " is done, but the --after command failed: " + problem,
              "what it should have done is still to be done; see above for what it said");
}

}  // namespace a2a_backup
