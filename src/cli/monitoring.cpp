// SPDX-License-Identifier: MIT
#include "a2a_backup/cli/monitoring.hpp"

#include <CLI/CLI.hpp>

#include "a2a_backup/core/clock.hpp"
#include "a2a_backup/core/interrupt.hpp"
#include "a2a_backup/core/log.hpp"
#include "metrics_file.hpp"
#include "ping.hpp"
#include "published_file.hpp"

namespace a2a_backup {
namespace {

constexpr std::uint64_t max_metrics_size = 65'536;

void write_metrics(const std::string& file, const MonitoredRun& run) {
  try {
    const std::string before =
        stat_path(file) ? read_file(file, max_metrics_size, ErrorKind::failed) : std::string();
    write_published_file(file, format_metrics(run, before), {"metrics file", is_metrics_file});
  } catch (const Error& error) {
    const std::string hint = error.hint().empty() ? "" : "; " + error.hint();
    log::warn("the metrics were not written: " + error.message() + hint);
  }
}

/// `error` is nullptr when all went well.
void tell(const MonitoringFlags& flags, const Ping& ping, MonitoredRun& run, const Error* error) {
  // Whoever stops a run wants it to be known.
  const InterruptShield shield;
  run.ended = unix_seconds(now());
  run.exit_code = error == nullptr ? 0 : info_of(error->kind()).exit_code;
  if (!flags.metrics.empty()) write_metrics(flags.metrics, run);
  if (error == nullptr) return ping.success(run.result.text);
  ping.failure("a2a-backup " + run.command + " ended with exit code " +
               std::to_string(run.exit_code) + ": " + error->message());
}

}  // namespace

void add_monitoring_options(CLI::App& command, MonitoringFlags& flags) {
  command
      .add_option("--ping", flags.ping,
                  "Tell this check of healthchecks.io or its like about start, success and failure")
      ->type_name("URL");
  command.add_option("--metrics", flags.metrics, "Write metrics for Prometheus' node_exporter")
      ->type_name("FILE");
}

void with_monitoring(const MonitoringFlags& flags, const std::string& command,
                     const std::function<void(MonitoredResult&)>& work) {
  const Ping ping(flags.ping);
  MonitoredRun run;
  run.command = command;
  const auto begin = std::chrono::steady_clock::now();
  const auto finish = [&](const Error* error) {
    run.duration = std::chrono::steady_clock::now() - begin;
    tell(flags, ping, run, error);
  };
  try {
    ping.start();
    work(run.result);
  } catch (...) {
    const Error error = current_error();
    finish(&error);
    throw;
  }
  finish(nullptr);
}

}  // namespace a2a_backup
