// SPDX-License-Identifier: MIT
#include "a2a_backup/cli/html_scale.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include "a2a_backup/core/text.hpp"

namespace a2a_backup {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::months;
using std::chrono::sys_days;
using std::chrono::year_month_day;

constexpr std::array month_names{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                 "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr int max_value_steps = 5;
// Labels such as "24 Nov", "24 Nov 18:00" and "Nov 2026", side by side on a phone.
constexpr std::size_t max_day_ticks = 5;
constexpr std::size_t max_hour_ticks = 3;
constexpr std::size_t max_month_ticks = 4;
// One at the very end would stick out; there is "now", and everybody knows when that is.
constexpr double last_tick = 0.94;

/// What a label is divided by, and what follows it.
struct Scale {
  double divisor;
  std::string_view unit;
};

Scale scale_for(double largest, Unit unit) {
  static constexpr std::array binary{" B", " KiB", " MiB", " GiB", " TiB", " PiB", " EiB"};
  if (unit == Unit::count) {
    if (largest >= 1e10) return {1e9, " G"};
    return largest >= 1e7 ? Scale{1e6, " M"} : Scale{1, ""};
  }
  std::size_t power = 0;
  double divisor = 1;
  while (largest / divisor >= 1000 && power + 1 < binary.size()) {
    divisor *= 1024;
    ++power;
  }
  return {divisor, binary.at(power)};
}

/// The smallest of 1, 2 and 5 times a power of ten that reaches `largest` in so many steps.
double round_step(double largest) {
  double step = std::pow(10.0, std::floor(std::log10(largest / max_value_steps)));
  for (const double factor : {2.0, 2.5, 2.0}) {
    if (step * max_value_steps >= largest) break;
    step *= factor;
  }
  return step;
}

std::string value_label(double value, const Scale& scale) {
  if (value == 0) return "0";
  if (scale.unit.empty()) return format_count(static_cast<std::uint64_t>(std::llround(value)));
  std::array<char, 32> buffer{};
  std::snprintf(buffer.data(), buffer.size(), "%g", value);
  return buffer.data() + std::string(scale.unit);
}

std::string month_of(year_month_day date) {
  return month_names.at(static_cast<unsigned>(date.month()) - 1);
}

std::string time_label(TimePoint time, hours step) {
  const std::string text = format_rfc3339(time);
  const year_month_day date(std::chrono::floor<days>(time));
  if (step >= days{28}) return month_of(date) + " " + text.substr(0, 4);
  const std::string day = std::to_string(static_cast<unsigned>(date.day())) + " " + month_of(date);
  return step >= days{1} ? day : day + " " + text.substr(11, 5);
}

double share(TimePoint time, TimePoint first, TimePoint last) {
  return std::chrono::duration<double>(time - first) / std::chrono::duration<double>(last - first);
}

/// Midnights and hours count from the epoch, which is a Thursday: weeks are made to begin on
/// Monday.
std::vector<Tick> even_ticks(TimePoint first, TimePoint last, hours step) {
  const TimePoint origin = sys_days{days{step >= days{7} ? 4 : 0}};
  std::vector<Tick> ticks;
  for (TimePoint time = origin + step * ((first - origin) / step); time <= last; time += step) {
    const double position = share(time, first, last);
    if (time >= first && position <= last_tick) ticks.push_back({position, time_label(time, step)});
  }
  return ticks;
}

std::vector<Tick> month_ticks(TimePoint first, TimePoint last, int step) {
  const year_month_day begin(std::chrono::floor<days>(first));
  std::vector<Tick> ticks;
  const int month = static_cast<int>(static_cast<unsigned>(begin.month())) - 1;
  auto current = begin.year() / std::chrono::January / 1 + months{month - month % step};
  for (; sys_days{current} <= last; current += months{step}) {
    const TimePoint time = sys_days{current};
    const double position = share(time, first, last);
    if (time < first || position > last_tick) continue;
    ticks.push_back({position, time_label(time, days{28})});
  }
  return ticks;
}

}  // namespace

ValueAxis value_axis(std::uint64_t largest, Unit unit) {
  const auto real = static_cast<double>(std::max<std::uint64_t>(largest, 1));
  const Scale scale = scale_for(real, unit);
  double step = round_step(real / scale.divisor);
  if (scale.divisor == 1) step = std::max(step, 1.0);
  const double steps = std::max(1.0, std::ceil(real / scale.divisor / step - 1e-9));
  ValueAxis axis;
  axis.top = steps * step * scale.divisor;
  for (double i = 0; i <= steps; ++i) {
    axis.ticks.push_back({i / steps, value_label(i * step, scale)});
  }
  return axis;
}

std::vector<Tick> time_ticks(TimePoint first, TimePoint last) {
  for (const int step : {1, 3, 6, 12, 24, 48, 96, 168, 336}) {
    const std::size_t limit = step < 24 ? max_hour_ticks : max_day_ticks;
    if ((last - first) / hours{step} > static_cast<std::int64_t>(limit)) continue;
    std::vector<Tick> ticks = even_ticks(first, last, hours{step});
    if (ticks.size() <= limit) return ticks;
  }
  for (const int step : {1, 2, 3, 6, 12}) {
    std::vector<Tick> ticks = month_ticks(first, last, step);
    if (ticks.size() <= max_month_ticks) return ticks;
  }
  // Many years: every so many Januaries.
  const std::vector<Tick> all = month_ticks(first, last, 12);
  const std::size_t every = (all.size() + max_month_ticks - 1) / max_month_ticks;
  std::vector<Tick> ticks;
  for (std::size_t i = 0; i < all.size(); i += every) ticks.push_back(all[i]);
  return ticks;
}

std::vector<Point> thin_out(const std::vector<Point>& points, std::size_t limit) {
  if (points.size() <= limit) return points;
  const std::size_t stretches = (limit - 2) / 2;
  const TimePoint first = points.front().time;
  const TimePoint last = points.back().time + std::chrono::microseconds{1};
  std::vector<Point> kept{points.front()};
  std::size_t begin = 1;
  bool gap = false;  // a gap before a point that goes is one before the next that stays
  for (std::size_t stretch = 0; stretch < stretches && begin + 1 < points.size(); ++stretch) {
    std::size_t end = begin;
    std::size_t low = begin;
    std::size_t high = begin;
    const double border = static_cast<double>(stretch + 1) / static_cast<double>(stretches);
    for (; end + 1 < points.size() && share(points[end].time, first, last) < border; ++end) {
      if (points[end].value < points[low].value) low = end;
      if (points[end].value > points[high].value) high = end;
    }
    for (std::size_t i = begin; i < end; ++i) {
      gap = gap || points[i].after_gap;
      if (i != low && i != high) continue;
      kept.push_back(points[i]);
      kept.back().after_gap = gap;
      gap = false;
    }
    begin = end;
  }
  kept.push_back(points.back());
  kept.back().after_gap = gap || points.back().after_gap;
  return kept;
}

void mark_pauses(std::vector<Point>& points) {
  std::vector<std::chrono::microseconds> pauses;
  for (std::size_t i = 1; i < points.size(); ++i) {
    pauses.push_back(points[i].time - points[i - 1].time);
  }
  if (pauses.size() < 2) return;
  std::vector<std::chrono::microseconds> sorted = pauses;
  const auto middle = sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 2);
  std::nth_element(sorted.begin(), middle, sorted.end());
  const auto limit = std::max<std::chrono::microseconds>(*middle * 3, days{2});
  for (std::size_t i = 0; i < pauses.size(); ++i) {
    if (pauses[i] > limit) points[i + 1].after_gap = true;
  }
}

}  // namespace a2a_backup
