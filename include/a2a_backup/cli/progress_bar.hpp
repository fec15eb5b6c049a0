// SPDX-License-Identifier: MIT
/// A bar on the terminal for work that takes longer than a moment.
#pragma once

#include <chrono>
#include <string>

#include "a2a_backup/cli/global_options.hpp"
#include "a2a_backup/core/progress.hpp"

namespace a2a_backup {

/// Draws on stderr when that is a terminal and the work lasts over half a second, ten times a
/// second at most, as wide as the terminal is at that moment. Makes way for log messages and
/// removes itself. One at a time.
class ProgressBar : public Progress {
 public:
  explicit ProgressBar(const GlobalOptions& options);
  ~ProgressBar() override;
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  void phase(std::string_view name, std::uint64_t total_bytes) override;
  void advance(std::uint64_t bytes) override;
  /// Takes the bar away, for other output.
  void clear();

 private:
  using Clock = std::chrono::steady_clock;
  void draw_if_due(Clock::time_point time);

  bool enabled_;
  bool colour_;
  bool drawn_ = false;
  std::string name_;
  std::uint64_t total_ = 0;
  std::uint64_t done_ = 0;
  Clock::time_point started_;
  Clock::time_point phase_started_;
  Clock::time_point last_draw_;
};

}  // namespace a2a_backup
