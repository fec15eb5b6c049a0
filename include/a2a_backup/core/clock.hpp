// SPDX-License-Identifier: MIT
/// Time as backups write it: UTC, to the microsecond.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace a2a_backup {

using TimePoint = std::chrono::sys_time<std::chrono::microseconds>;

TimePoint now();

/// Whole seconds since 1970, rounded down.
std::int64_t unix_seconds(TimePoint time);

/// "2025-07-11T01:18:32.046675Z" (RFC 3339).
std::string format_rfc3339(TimePoint time);

/// "20250711_011832", the form in backup names.
std::string format_compact(TimePoint time);

/// "2025-07-11 01:18:32 UTC", for people.
std::string format_readable(TimePoint time);

/// Reads a date ("2025-07-11"), a date and time with minutes or seconds and up to six decimals,
/// with or without "Z" or an offset such as "+02:00"; without one it is UTC, as Python's
/// isoformat() wrote it in old backups. With `to_its_end` it is the last
/// microsecond of the day, the minute or the second that was named. Nothing when `text` is
/// something else.
std::optional<TimePoint> parse_time(std::string_view text, bool to_its_end = false);

/// "3 hours", "2 days": the largest fitting unit, rounded down; "in the future" when negative.
std::string format_age(std::chrono::microseconds age);

/// Reads "26h", "30d", "90m", "45s", "2w"; nothing when `text` is something else.
std::optional<std::chrono::seconds> parse_duration(std::string_view text);

}  // namespace a2a_backup
