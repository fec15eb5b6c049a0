// SPDX-License-Identifier: MIT
/// Tells those who watch: a service that waits for pings, and Prometheus by a file.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "a2a_backup/backup/point_in_time.hpp"
#include "a2a_backup/cli/global_options.hpp"

namespace a2a_backup {

struct MonitoringFlags {
  std::string ping;
  std::string metrics;
};

/// --ping and --metrics.
void add_monitoring_options(CLI::App& command, MonitoringFlags& flags);

/// What went well, as far as it is told; and what pgBackRest has, also when that is not well.
struct MonitoredResult {
  bool good = false;       ///< there is a backup, or it is good
  std::uint64_t size = 0;  ///< bytes of the archive, or of what was verified
  bool verified = false;
  std::string text;  ///< one line for people
  std::optional<PointInTime> moments = std::nullopt;
};

/// Runs `work`, and tells how it went, also when it throws or a signal came. It fills the result as
/// soon as that is known: what fails afterwards does not take it back.
///
/// The ping is what healthchecks.io and its like take: POST URL/start, then URL or URL/fail, with a
/// line of text. The whole URL is a secret, and only its host is ever shown. The file is of the
/// Prometheus text format, version 0.0.4, for the textfile collector of node_exporter; what it says
/// of the last success stays when a run fails. Docs: docs/monitoring.md.
///
/// Trouble in telling is a warning. Throws what `work` threw, and Error of kind `usage` for a URL
/// that is none, before anything is done.
void with_monitoring(const MonitoringFlags& flags, const std::string& command,
                     const std::function<void(MonitoredResult&)>& work);

}  // namespace a2a_backup
