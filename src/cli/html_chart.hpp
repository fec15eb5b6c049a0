// SPDX-License-Identifier: MIT
/// One series of numbers over time, as a figure with its numbers in a table.
#pragma once

#include <string>
#include <vector>

#include "a2a_backup/cli/html_scale.hpp"

namespace a2a_backup {

struct Chart {
  std::string title;    ///< "Size of the archive"
  std::string heading;  ///< over its numbers: "Size"
  Unit unit = Unit::count;
  std::vector<Point> points;  ///< oldest first
  TimePoint first{};          ///< the time axis, the same for all charts of a page
  TimePoint last{};
};

/// A <figure>: caption, SVG, and a table in <details>; without points a sentence that says so.
std::string format_chart(const Chart& chart);

}  // namespace a2a_backup
