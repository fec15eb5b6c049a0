// SPDX-License-Identifier: MIT
/// A file for the textfile collector of Prometheus' node_exporter.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "a2a_backup/cli/monitoring.hpp"

namespace a2a_backup {

/// How a run ended.
struct MonitoredRun {
  std::string command;     ///< "create"
  std::int64_t ended = 0;  ///< seconds since 1970
  std::chrono::duration<double> duration{};
  int exit_code = 0;
  MonitoredResult result;
};

/// The file after `run`; `before` is its content until now, or nothing. Lines about the last
/// success are taken over from it when this run was none.
std::string format_metrics(const MonitoredRun& run, std::string_view before);

/// Whether a file that begins with `start` is one of these.
bool is_metrics_file(std::string_view start);

}  // namespace a2a_backup
