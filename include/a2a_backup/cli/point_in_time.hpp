// SPDX-License-Identifier: MIT
/// pgBackRest's share in `list`, `verify` and `restore`.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "a2a_backup/backup/point_in_time.hpp"
#include "a2a_backup/cli/global_options.hpp"
#include "a2a_backup/cli/hooks.hpp"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace a2a_backup {

/// Asks pgBackRest, with --pgbackrest-stanza; nothing without.
std::optional<PointInTime> point_in_time(const GlobalOptions& global);

/// The one line about it, to stdout.
void print_point_in_time(const PointInTime& found);
nlohmann::ordered_json point_in_time_to_json(const PointInTime& found);

/// Throws Error of kind `check` when there is a problem, or when `limit` is set and the newest
/// backup is older; `max_age` is how that was said.
void require_point_in_time(const PointInTime& found, std::optional<std::chrono::seconds> limit,
                           const std::string& max_age);

struct PointInTimeFlags {
  std::string at;
  std::string data;
};

/// --at and --pg-data of `restore`; --at is returned.
CLI::Option* add_point_in_time_options(CLI::App& command, PointInTimeFlags& flags);

/// `restore --at`: plans, asks, and does it between the hooks, of which the first may stop the
/// server.
void run_point_in_time_restore(const PointInTimeFlags& flags, const HookFlags& hooks, bool dry_run,
                               const GlobalOptions& global);

}  // namespace a2a_backup
