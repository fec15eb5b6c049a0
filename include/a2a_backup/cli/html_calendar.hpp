// SPDX-License-Identifier: MIT
/// The days with a backup and those without.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "a2a_backup/cli/html_report.hpp"

namespace a2a_backup {

/// One day in UTC, and the backups of its 24 hours.
struct CalendarDay {
  std::chrono::sys_days date;
  unsigned good = 0;
  unsigned broken = 0;
};

/// Every day from the first backup to the report's, the last 53 weeks at most, oldest first. Empty
/// when no backup has a time. Backups from the future are not in it.
std::vector<CalendarDay> calendar_days(const Report& report);

/// Days without a good backup that follow each other.
struct CalendarGap {
  std::chrono::sys_days first;
  std::chrono::sys_days last;
};
/// Newest first. A day that is not over yet is no gap.
std::vector<CalendarGap> calendar_gaps(const std::vector<CalendarDay>& days);

/// "Tue 24 Nov 2026".
std::string format_day(std::chrono::sys_days day);

/// The section of the page: a graph with weeks as columns, its legend and the gaps in words.
std::string format_calendar(const Report& report);

}  // namespace a2a_backup
