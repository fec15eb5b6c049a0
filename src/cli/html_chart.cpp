// SPDX-License-Identifier: MIT
#include "html_chart.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

#include "a2a_backup/core/text.hpp"

namespace a2a_backup {
namespace {

constexpr std::size_t max_drawn_points = 240;
constexpr std::size_t max_listed_points = 60;
constexpr double drawing_width = 1000;
constexpr double drawing_height = 100;

std::string format_value(std::uint64_t value, Unit unit) {
  return unit == Unit::bytes ? format_bytes(value) : format_count(value);
}

std::string minute_of(TimePoint time) {
  return format_readable(time).substr(0, 16);
}

/// With one decimal where there is one.
std::string number(double value) {
  std::array<char, 32> buffer{};
  std::snprintf(buffer.data(), buffer.size(), "%.1f", value);
  std::string text = buffer.data();
  if (text.ends_with(".0")) text.resize(text.size() - 2);
  return text;
}

std::string percent(double part) {
  return number(part * 100) + "%";
}

/// The paths of a series: lines between points that follow each other, the area below them, and
/// dots, which are lines of no length with round ends.
struct Paths {
  std::string line;
  std::string area;
  std::string dots;
};

Paths draw(const Chart& chart, double top) {
  const std::vector<Point> points = thin_out(chart.points, max_drawn_points);
  const std::chrono::duration<double> span = chart.last - chart.first;
  const bool dot_all = points.size() <= max_listed_points;
  Paths paths;
  std::string run_end;  // what closes the area of the present run
  for (std::size_t i = 0; i < points.size(); ++i) {
    const std::chrono::duration<double> offset = points[i].time - chart.first;
    const std::string x = number(offset / span * drawing_width);
    const std::string y = number((1 - static_cast<double>(points[i].value) / top) * drawing_height);
    const bool starts = i == 0 || points[i].after_gap;
    const bool ends = i + 1 == points.size() || points[i + 1].after_gap;
    if (starts) paths.area += run_end + "M" + x + " " + number(drawing_height) + "V" + y;
    paths.line += (starts ? "M" : "L") + x + " " + y;
    if (!starts) paths.area += "L" + x + " " + y;
    run_end = "V" + number(drawing_height) + "Z";
    if (dot_all || (starts && ends)) paths.dots += "M" + x + " " + y + "h0";
  }
  paths.area += run_end;
  return paths;
}

std::string format_value_ticks(const ValueAxis& axis) {
  std::string svg;
  for (const Tick& tick : axis.ticks) {
    const std::string y = percent(1 - tick.position);
    svg += "<line x2=100% y1=" + y + " y2=" + y + " /><text x=-8 y=" + y + " dy=4 class=e>" +
           tick.label + "</text>\n";
  }
  return svg;
}

std::string format_time_ticks(const Chart& chart) {
  std::string svg;
  for (const Tick& tick : time_ticks(chart.first, chart.last)) {
    svg += "<text x=" + percent(tick.position) + " y=100% dy=20>" + tick.label + "</text>\n";
  }
  return svg;
}

/// What the picture says, for those who do not see it.
std::string summary_of(const Chart& chart) {
  const auto [low, high] =
      std::minmax_element(chart.points.begin(), chart.points.end(),
                          [](const Point& a, const Point& b) { return a.value < b.value; });
  const Point& latest = chart.points.back();
  std::string text = "latest " + format_value(latest.value, chart.unit);
  if (chart.points.size() == 1) return text;
  return text + ", from " + format_value(low->value, chart.unit) + " to " +
         format_value(high->value, chart.unit);
}

std::string format_svg(const Chart& chart) {
  std::uint64_t largest = 0;
  for (const Point& point : chart.points) largest = std::max(largest, point.value);
  const ValueAxis axis = value_axis(largest, chart.unit);
  const Paths paths = draw(chart, axis.top);
  return "<svg class=plot role=img aria-label=\"" + chart.title +
         " over time: " + summary_of(chart) + "\"><g>\n" + format_value_ticks(axis) +
         format_time_ticks(chart) +
         "</g><svg viewBox=\"0 0 1000 100\" preserveAspectRatio=none width=100% height=100%>"
         "<path class=area d=\"" +
         paths.area + "\"/><path class=line d=\"" + paths.line + "\"/><path class=dots d=\"" +
         paths.dots + "\"/></svg></svg>\n";
}

std::string table_head(const Chart& chart, const std::vector<std::string>& headings) {
  std::string html = "<div class=scroll tabindex=0 role=region aria-label=\"" + chart.title +
                     ", numbers\"><table><tr>";
  for (const std::string& heading : headings) html += "<th scope=col>" + heading;
  return html + "\n";
}

std::string every_point(const Chart& chart) {
  std::string html = table_head(chart, {"Time (UTC)", chart.heading});
  for (auto point = chart.points.rbegin(); point != chart.points.rend(); ++point) {
    html += "<tr><td>" + minute_of(point->time) + "<td>" + format_value(point->value, chart.unit) +
            "\n";
  }
  return html + "</table></div>\n";
}

struct Month {
  std::string name;
  std::uint64_t count = 0;
  std::uint64_t smallest = 0;
  std::uint64_t largest = 0;
  std::uint64_t latest = 0;
};

std::vector<Month> months_of(const Chart& chart) {
  std::vector<Month> months;
  for (const Point& point : chart.points) {
    const std::string name = format_readable(point.time).substr(0, 7);
    if (months.empty() || months.back().name != name) {
      months.push_back({name, 0, point.value, point.value, point.value});
    }
    Month& month = months.back();
    ++month.count;
    month.smallest = std::min(month.smallest, point.value);
    month.largest = std::max(month.largest, point.value);
    month.latest = point.value;
  }
  return months;
}

std::string by_month(const Chart& chart) {
  const std::vector<Month> months = months_of(chart);
  std::string html = table_head(chart, {"Month", "Backups", "Smallest", "Largest", "Latest"});
  for (auto month = months.rbegin(); month != months.rend(); ++month) {
    html += "<tr><td>" + month->name + "<td>" + format_count(month->count);
    for (const std::uint64_t value : {month->smallest, month->largest, month->latest}) {
      html += "<td>" + format_value(value, chart.unit);
    }
    html += "\n";
  }
  return html + "</table></div>\n";
}

}  // namespace

std::string format_chart(const Chart& chart) {
  std::string html = "<figure><figcaption><h3>" + chart.title + "</h3>";
  if (chart.points.empty()) {
    return html + "<span>no backup says</span></figcaption></figure>\n";
  }
  const bool all = chart.points.size() <= max_listed_points;
  html += "<span>" + summary_of(chart) + "</span></figcaption>\n" + format_svg(chart);
  html += "<details><summary>" + (all ? "The numbers" : std::string("The numbers, by month")) +
          "</summary>\n" + (all ? every_point(chart) : by_month(chart)) + "</details>";
  return html + "</figure>\n";
}

}  // namespace a2a_backup
