// SPDX-License-Identifier: MIT
#include "metrics_file.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

#include "a2a_backup/core/prometheus.hpp"

namespace a2a_backup {
namespace {

constexpr std::string_view prefix = "a2a_backup_last_";
constexpr std::string_view success = "a2a_backup_last_success_";

/// "12.345", whatever the locale.
std::string seconds(std::chrono::duration<double> duration) {
  std::array<char, 32> text{};
  const long long all = std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
  std::snprintf(text.data(), text.size(), "%lld.%03lld", all / 1000, all % 1000);
  return text.data();
}

/// Of the lines of `before`, those about the last success; their comments name it too.
std::string kept_success(std::string_view before) {
  std::string kept;
  while (!before.empty()) {
    const std::size_t end = std::min(before.find('\n'), before.size());
    const std::string_view line = before.substr(0, end);
    if (line.find(success) != std::string_view::npos) kept.append(line).append("\n");
    before.remove_prefix(std::min(end + 1, before.size()));
  }
  return kept;
}

}  // namespace

std::string format_metrics(const MonitoredRun& run, std::string_view before) {
  const std::string labels = "{command=\"" + run.command + "\"}";
  const auto gauge = [&](std::string_view name, const std::string& help, const std::string& value) {
    return prometheus_gauge(std::string(prefix).append(name), help, value, labels);
  };
  std::string text =
      gauge("run_timestamp_seconds", "When a run last ended.", std::to_string(run.ended)) +
      gauge("run_duration_seconds", "How long it took.", seconds(run.duration)) +
      gauge("run_exit_code", "Its exit code; 0 is good.", std::to_string(run.exit_code));
  if (run.result.moments) text += format_metrics(*run.result.moments, labels);
  if (!run.result.good) return text + kept_success(before);
  return text +
         gauge("success_timestamp_seconds", "When a run last went well.",
               std::to_string(run.ended)) +
         gauge("success_size_bytes", "Size of the archive, or of what was verified.",
               std::to_string(run.result.size)) +
         gauge("success_verified", "Whether it was read back and compared.",
               run.result.verified ? "1" : "0");
}

bool is_metrics_file(std::string_view start) {
  return start.starts_with("# HELP " + std::string(prefix));
}

}  // namespace a2a_backup
