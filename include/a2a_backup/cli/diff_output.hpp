// SPDX-License-Identifier: MIT
/// A comparison, for people and for programs.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "a2a_backup/backup/diff.hpp"

namespace a2a_backup {

/// "3 added, 1 removed, 2 with another status", or "" when nothing changed.
std::string describe_changes(const TaskChanges& changes);

/// "jules 17 pending: The first words", as much of it as the task has.
std::string describe_task(const TaskLine& task);

/// To stdout; with `single_tasks` those that the comparison lists.
void print_diff(const Diff& diff, bool single_tasks);

nlohmann::ordered_json diff_to_json(const Diff& diff);

}  // namespace a2a_backup
