// SPDX-License-Identifier: MIT
/// Axes and points for charts: pure arithmetic.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "a2a_backup/core/clock.hpp"

namespace a2a_backup {

/// A mark on an axis.
struct Tick {
  double position = 0;  ///< 0 at the axis's start, 1 at its end
  std::string label;
};

enum class Unit : std::uint8_t { bytes, count };

/// From zero to a round number that is not below the largest value.
struct ValueAxis {
  double top = 1;
  std::vector<Tick> ticks;  ///< two to six, evenly apart, the first at zero
};
/// Steps are 1, 2 or 5 times a power of ten, in the binary unit that fits; counts stay whole.
ValueAxis value_axis(std::uint64_t largest, Unit unit);

/// Marks at round moments in UTC between `first` and `last`, as many as a phone has room for: three
/// hours, five midnights or four firsts of a month. `first` must be before `last`.
std::vector<Tick> time_ticks(TimePoint first, TimePoint last);

struct Point {
  TimePoint time{};
  std::uint64_t value = 0;
  bool after_gap = false;  ///< nothing is known between this one and the one before
};

/// At most `limit` points (4 or more) of a series in the order of time that look like all: the
/// first and the last, and the smallest and the largest of each stretch of time, so no spike is
/// lost.
std::vector<Point> thin_out(const std::vector<Point>& points, std::size_t limit);

/// Marks each point before which there was a pause of more than three usual ones and two days: what
/// the line would show there nobody knows.
void mark_pauses(std::vector<Point>& points);

}  // namespace a2a_backup
