// SPDX-License-Identifier: MIT
#include "a2a_backup/cli/html_calendar.hpp"

#include <algorithm>
#include <array>

#include "a2a_backup/core/text.hpp"

namespace a2a_backup {
namespace {

using std::chrono::days;
using std::chrono::sys_days;
using std::chrono::weekday;
using std::chrono::year_month_day;

constexpr int max_days = 53 * 7;
constexpr days month_label_width{21};  // three columns

constexpr std::array weekday_names{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array month_names{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                 "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

std::string month_of(sys_days day) {
  return month_names.at(static_cast<unsigned>(year_month_day(day).month()) - 1);
}

sys_days monday_of(sys_days day) {
  return day - days{(weekday(day).c_encoding() + 6) % 7};
}

std::string day_title(const CalendarDay& day) {
  std::string text = format_day(day.date) + ": ";
  if (day.good == 0 && day.broken == 0) return text + "no backup";
  if (day.good > 0) text += plural(day.good, "good backup");
  if (day.broken > 0) {
    text += (day.good > 0 ? " and " : "") + plural(day.broken, "broken file");
    if (day.good == 0) text += ", no good backup";
  }
  return text;
}

std::string_view day_class(const CalendarDay& day) {
  if (day.good > 0) return "g";
  return day.broken > 0 ? "b" : "n";
}

/// Above the column of the first of each month, and of the first day where there is room.
bool bears_month(sys_days day, sys_days first, sys_days today) {
  const year_month_day date(day);
  if (date.day() == std::chrono::day{1}) return true;
  const sys_days next = (date.year() / date.month() / 1) + std::chrono::months{1};
  return day == first && (next > today || next - day >= month_label_width);
}

std::string format_cells(const std::vector<CalendarDay>& calendar) {
  const sys_days first = calendar.front().date;
  const sys_days today = calendar.back().date;
  std::string cells;
  for (sys_days day = monday_of(first); day < first; day += days{1}) {
    cells += "<li aria-hidden=true>";
  }
  for (const CalendarDay& day : calendar) {
    const std::string classes(day_class(day));
    cells += day.date == today ? "<li class=\"" + classes + " t\"" : "<li class=" + classes;
    if (bears_month(day.date, first, today)) cells += " data-m=" + month_of(day.date);
    cells += " title=\"" + day_title(day) + (day.date == today ? " (today)" : "") + "\">\n";
  }
  return cells;
}

std::string format_gap(const CalendarGap& gap) {
  if (gap.first == gap.last) return format_day(gap.first);
  const auto count = static_cast<std::uint64_t>((gap.last - gap.first).count()) + 1;
  return format_day(gap.first) + " to " + format_day(gap.last) + " (" + plural(count, "day") + ")";
}

std::string format_gaps(const std::vector<CalendarDay>& calendar) {
  const auto good = static_cast<std::uint64_t>(std::count_if(
      calendar.begin(), calendar.end(), [](const CalendarDay& day) { return day.good > 0; }));
  if (calendar.size() == 1) return "<p>The first day of the history is today.</p>\n";
  std::string text = "<p>" + format_count(good) + " of the last " + plural(calendar.size(), "day") +
                     (good == 1 ? " has" : " have") + " a good backup.</p>\n";
  const std::vector<CalendarGap> gaps = calendar_gaps(calendar);
  if (gaps.empty()) return text;
  text += "<details><summary>Days without a good backup</summary><ul class=plain>\n";
  for (const CalendarGap& gap : gaps) text += "<li>" + format_gap(gap) + "\n";
  return text + "</ul></details>\n";
}

}  // namespace

std::string format_day(sys_days day) {
  const year_month_day date(day);
  return std::string(weekday_names.at(weekday(day).c_encoding())) + " " +
         std::to_string(static_cast<unsigned>(date.day())) + " " + month_of(day) + " " +
         std::to_string(static_cast<int>(date.year()));
}

std::vector<CalendarDay> calendar_days(const Report& report) {
  const sys_days today = std::chrono::floor<days>(report.time);
  const sys_days earliest = monday_of(today - days{max_days - 7});
  std::vector<CalendarDay> calendar;
  for (auto backup = report.backups.rbegin(); backup != report.backups.rend(); ++backup) {
    const sys_days date = std::chrono::floor<days>(backup->info.time);
    if (backup->info.time == TimePoint{} || date > today) continue;
    if (!backup->good() && backup->problem().empty()) continue;
    if (calendar.empty()) calendar.push_back({std::max(date, earliest)});
    while (calendar.back().date < today && calendar.back().date < date) {
      calendar.push_back({calendar.back().date + days{1}});
    }
    if (date < earliest) continue;
    ++(backup->good() ? calendar.back().good : calendar.back().broken);
  }
  while (!calendar.empty() && calendar.back().date < today) {
    calendar.push_back({calendar.back().date + days{1}});
  }
  return calendar;
}

std::vector<CalendarGap> calendar_gaps(const std::vector<CalendarDay>& calendar) {
  std::vector<CalendarGap> gaps;
  for (std::size_t i = 0; i + 1 < calendar.size(); ++i) {
    if (calendar[i].good > 0) continue;
    const sys_days date = calendar[i].date;
    if (!gaps.empty() && gaps.back().last + days{1} == date) {
      gaps.back().last = date;
    } else {
      gaps.push_back({date, date});
    }
  }
  std::reverse(gaps.begin(), gaps.end());
  return gaps;
}

std::string format_calendar(const Report& report) {
  const std::vector<CalendarDay> calendar = calendar_days(report);
  if (calendar.empty()) return {};
  return "<section aria-labelledby=days><h2 id=days>Day by day</h2>\n"
         "<div class=\"scroll cal\" tabindex=0 role=region aria-labelledby=days><div>"
         "<div class=wd aria-hidden=true><span>Mon</span><span>Wed</span><span>Fri</span></div>"
         "<ol>\n" +
         format_cells(calendar) +
         "</ol></div></div>\n"
         "<p class=key><i class=g></i> a good backup <i class=b></i> only broken ones "
         "<i class=n></i> none <i class=\"n t\"></i> today. Days are in UTC.</p>\n" +
         format_gaps(calendar) + "</section>\n";
}

}  // namespace a2a_backup
