// SPDX-License-Identifier: MIT
/// How `create` tells what it did: to people and programs, to GitHub, to hooks, to those who watch.
#pragma once

#include <vector>

#include "a2a_backup/backup/create.hpp"
#include "a2a_backup/cli/global_options.hpp"
#include "a2a_backup/cli/hooks.hpp"
#include "a2a_backup/cli/monitoring.hpp"
#include "a2a_backup/cli/places.hpp"

namespace a2a_backup {

/// The result on stdout, with how it went at the places of --to.
void print_created(const CreateResult& result, const std::vector<PlaceResult>& copies,
                   const GlobalOptions& global);

/// Under GitHub Actions: for the steps that follow in the job, and the page that people look at.
void report_to_github(const CreateResult& result);

/// What --after finds in its environment.
HookFacts facts_for_hooks(const CreateResult& result);

MonitoredResult told_of(const CreateResult& result);

}  // namespace a2a_backup
