// SPDX-License-Identifier: MIT
/// Commands of the user's own around a command of ours: stop the application, copy the archive,
/// tell somebody.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "a2a_backup/cli/global_options.hpp"

namespace a2a_backup {

struct HookFlags {
  std::string before;
  std::string after;
  std::string timeout = "10m";
};

/// --before, --after and --hook-timeout.
void add_hook_options(CLI::App& command, HookFlags& flags);

/// What a hook is told about what was done, by the names of environment variables.
using HookFacts = std::map<std::string, std::string>;

/// Runs --before, then `work`, then --after, each hook by `/bin/sh -c` with both of its outputs on
/// our stderr. --after runs whatever happened, also when --before or `work` failed or a signal
/// came, and finds in its environment A2A_HOOK_COMMAND (`command`), A2A_HOOK_OUTCOME (ok, failed),
/// A2A_HOOK_EXIT_CODE, A2A_HOOK_ERROR (the message, or nothing) and the facts that `work` returned.
/// Throws what `work` threw; Error of kind `failed` when --before fails or takes too long, and then
/// nothing was done; of kind `partial` when only --after does; of kind `usage` for a bad timeout.
void with_hooks(const HookFlags& flags, const std::string& command,
                const std::function<HookFacts()>& work);

}  // namespace a2a_backup
