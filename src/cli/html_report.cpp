// SPDX-License-Identifier: MIT
#include "a2a_backup/cli/html_report.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <set>

#include "a2a_backup/cli/html_calendar.hpp"
#include "a2a_backup/cli/html_text.hpp"
#include "a2a_backup/cli/html_verdict.hpp"
#include "a2a_backup/cli/output.hpp"
#include "a2a_backup/core/text.hpp"
#include "a2a_backup/core/version.hpp"
#include "html_chart.hpp"
#include "html_list.hpp"
#include "html_style.hpp"

namespace a2a_backup {
namespace {

constexpr std::string_view page_start =
    "<!doctype html>\n<html lang=en>\n<meta charset=utf-8>\n"
    "<meta name=generator content=\"a2a-backup report\">\n";

/// A circle, a triangle and an octagon, each with its sign.
constexpr std::string_view shapes =
    "<svg class=defs aria-hidden=true>"
    "<symbol id=good viewBox=\"0 0 24 24\"><circle cx=12 cy=12 r=11 fill=currentColor />"
    "<path d=\"M6.8 12.4l3.6 3.6 7-7.6\" class=sign /></symbol>"
    "<symbol id=attention viewBox=\"0 0 24 24\"><path d=\"M12 2.6L22.6 21.4H1.4z\" "
    "fill=currentColor stroke=currentColor stroke-width=2 stroke-linejoin=round />"
    "<path d=\"M12 9v6M12 18.2v.1\" class=sign /></symbol>"
    "<symbol id=bad viewBox=\"0 0 24 24\"><path d=\"M7.5 1h9L23 7.5v9L16.5 23h-9L1 16.5v-9z\" "
    "fill=currentColor /><path d=\"M8 8l8 8M16 8l-8 8\" class=sign /></symbol></svg>\n";
constexpr std::string_view sign_style =
    ".sign{fill:none;stroke:var(--card);stroke-width:2.6;stroke-linecap:round;"
    "stroke-linejoin:round}\n";

std::string_view level_name(VerdictLevel level) {
  if (level == VerdictLevel::good) return "good";
  return level == VerdictLevel::attention ? "attention" : "bad";
}

/// A tab of the browser shows a dot in the colour of the verdict.
std::string icon_of(VerdictLevel level) {
  const char* colour = level == VerdictLevel::good        ? "%2317744a"
                       : level == VerdictLevel::attention ? "%23b87400"
                                                          : "%23b3261e";
  return "<link rel=icon href=\"data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' "
         "viewBox='0 0 9 9'%3E%3Ccircle cx='4.5' cy='4.5' r='4' fill='" +
         std::string(colour) + "'/%3E%3C/svg%3E\">\n";
}

std::string format_head(const Verdict& verdict) {
  const std::string style = std::string(report_style()) + std::string(sign_style);
  return std::string(page_start) +
         "<meta http-equiv=Content-Security-Policy content=\"default-src 'none'; style-src " +
         csp_source(style) +
         "; img-src data:; base-uri 'none'; form-action 'none'\">\n"
         "<meta name=viewport content=\"width=device-width,initial-scale=1\">\n"
         "<meta name=color-scheme content=\"light dark\">\n"
         "<meta name=referrer content=no-referrer>\n<title>" +
         verdict.word + ": " + verdict.sentence + "</title>\n" + icon_of(verdict.level) +
         "<style>" + style + "</style>\n";
}

/// "1.8 s", "2 minutes".
std::string format_seconds(double seconds) {
  if (seconds >= 120) {
    return format_age(std::chrono::seconds(static_cast<std::int64_t>(seconds)));
  }
  std::array<char, 32> buffer{};
  std::snprintf(buffer.data(), buffer.size(), seconds < 10 ? "%.1f s" : "%.0f s", seconds);
  return seconds < 0.05 ? "under 0.1 s" : buffer.data();
}

std::string fact(const std::string& name, const std::string& value, const std::string& more) {
  return "<div><dt>" + name + "<dd>" + value + (more.empty() ? "" : "<small>" + more + "</small>") +
         "</div>\n";
}

std::string drill_fact(const std::string& name, const std::optional<Drill>& drill,
                       const Report& report) {
  if (!drill) return fact(name, "not measured", "no drill is remembered");
  return fact(name, format_seconds(drill->seconds),
              format_age(report.time - drill->time) + " ago, " + format_bytes(drill->bytes));
}

std::string format_facts(const Report& report) {
  std::uint64_t bytes = 0;
  std::size_t good = 0;
  for (const ReportedBackup& backup : report.backups) {
    bytes += backup.info.size;
    if (backup.good()) ++good;
  }
  const ReportedBackup* newest = newest_good(report);
  std::string html = "<dl class=facts>\n";
  html += newest == nullptr
              ? fact("Newest good backup", "none", "")
              : fact("Newest good backup", format_readable(newest->info.time).substr(0, 10),
                     format_readable(newest->info.time).substr(11) + ", " +
                         format_bytes(newest->info.size));
  html += fact("Good backups", format_count(good), "of " + plural(report.backups.size(), "file"));
  html += fact("Space they take", format_bytes(bytes), "");
  html += drill_fact("Last full check took", report.last_verify, report);
  html += drill_fact("Last restore took", report.last_restore, report);
  return html + "</dl>\n";
}

std::string format_verdict(const Report& report, const Verdict& verdict) {
  const std::string level(level_name(verdict.level));
  std::string html = "<section class=\"verdict is-" + level + "\">" + shape(level) +
                     "<div><p class=word>" + verdict.word + "</p><h1>" + verdict.sentence +
                     "</h1>\n<div class=remarks>";
  for (const std::string& remark : verdict.remarks) html += "<p>" + remark + "</p>";
  if (report.backups.empty()) {
    html += "<p>Make one with <code>a2a-backup create</code>.</p>";
  }
  return html + "</div></div>\n" + format_facts(report) + "</section>\n";
}

/// The points of one chart; a backup that does not know its number, or is not good, leaves a gap.
template <class Value>
std::vector<Point> points_of(const Report& report, Value value) {
  std::vector<Point> points;
  bool gap = false;
  for (auto backup = report.backups.rbegin(); backup != report.backups.rend(); ++backup) {
    if (backup->info.time == TimePoint{}) continue;
    const std::optional<std::uint64_t> number = backup->good() ? value(backup->info) : std::nullopt;
    if (number) points.push_back({backup->info.time, *number, gap && !points.empty()});
    gap = !number;
  }
  mark_pauses(points);
  return points;
}

std::string format_charts(const Report& report) {
  using Number = std::optional<std::uint64_t>;
  Chart chart;
  chart.last = report.time;
  chart.points = points_of(report, [](const BackupInfo& info) { return Number(info.size); });
  if (chart.points.empty()) return {};
  chart.last = std::max(report.time, chart.points.back().time);
  chart.first = std::min(chart.points.front().time, chart.last - std::chrono::hours{24});
  std::string html =
      "<section aria-labelledby=growth><h2 id=growth>Over time</h2>"
      "<div class=charts>\n";
  chart.title = "Archive size";
  chart.heading = "Size";
  chart.unit = Unit::bytes;
  html += format_chart(chart);
  chart.title = chart.heading = "Tasks";
  chart.unit = Unit::count;
  chart.points = points_of(report, [](const BackupInfo& info) {
    return info.metadata->tasks ? Number(info.metadata->tasks->total) : Number();
  });
  html += format_chart(chart);
  chart.title = "Database rows";
  chart.heading = "Rows";
  chart.points = points_of(report, [](const BackupInfo& info) {
    return info.metadata->database ? Number(total_rows(*info.metadata->database)) : Number();
  });
  return html + format_chart(chart) + "</div></section>\n";
}

std::string format_drill(const char* what, const std::optional<Drill>& drill, const char* advice) {
  if (!drill) return "<p>" + std::string(advice) + "</p>\n";
  const std::string rate = drill->seconds >= 0.1
                               ? ", " +
                                     format_bytes(static_cast<std::uint64_t>(
                                         static_cast<double>(drill->bytes) / drill->seconds)) +
                                     "/s"
                               : "";
  return "<p>The last " + std::string(what) + ", of " + html_foreign(drill->backup) + " on " +
         format_readable(drill->time).substr(0, 10) + ", took <b>" +
         format_seconds(drill->seconds) + "</b> for " + format_bytes(drill->bytes) + rate +
         ".</p>\n";
}

std::string format_recovery(const Report& report) {
  return "<section aria-labelledby=recovery><h2 id=recovery>How long a restore takes</h2>\n" +
         format_drill("restore", report.last_restore,
                      "No restore has been measured. <code>a2a-backup restore latest --to "
                      "NEW_FOLDER</code> is one that touches nothing live.") +
         format_drill("full check", report.last_verify,
                      "No full check has been measured. <code>a2a-backup verify</code> reads a "
                      "backup as a restore would, without putting it anywhere.") +
         "</section>\n";
}

std::string format_hosts(const Report& report) {
  constexpr std::size_t shown = 5;
  std::set<std::string> hosts;
  for (const ReportedBackup& backup : report.backups) {
    if (backup.info.metadata && !backup.info.metadata->host.empty()) {
      hosts.insert(backup.info.metadata->host);
    }
  }
  std::string text;
  std::size_t count = 0;
  for (const std::string& host : hosts) {
    if (++count <= shown) text += (text.empty() ? "" : ", ") + html_foreign(host);
  }
  if (count > shown) text += " and " + format_count(count - shown) + " more";
  return text.empty() ? text : "<p>Backups were made on " + text + ".</p>\n";
}

std::string format_footer(const Report& report) {
  return "<footer>\n" + format_hosts(report) +
         "<p><b>Good</b> means that the archive opens and its directory and metadata are sound. "
         "<b>Verified</b> and <b>restored</b> mean that every byte of this very file was read and "
         "compared at that time; <b>when made only</b>, that it was read back before it got its "
         "name, and not since.</p>\n<p>Made by a2a-backup " +
         html_escape(version()) + " on " + format_readable(report.time) +
         ". Ages count from then; this page does not renew itself.</p>\n</footer>\n";
}

}  // namespace

std::string ReportedBackup::problem() const {
  if (info.state == BackupState::broken) {
    return info.problem.empty() ? "it cannot be read" : info.problem;
  }
  return drill ? drill->problem : std::string();
}

Report make_report(std::string place, const fs::path& folder, std::vector<BackupInfo> backups,
                   const History& history, TimePoint time) {
  Report report;
  report.place = std::move(place);
  report.time = time;
  report.last_verify = history.last_good(DrillKind::verify);
  report.last_restore = history.last_good(DrillKind::restore);
  for (BackupInfo& info : backups) {
    ReportedBackup backup;
    const auto archive = folder.empty() ? std::nullopt : identify_archive(folder / info.name);
    if (archive) backup.drill = history.of(info.name, *archive);
    backup.info = std::move(info);
    report.backups.push_back(std::move(backup));
  }
  return report;
}

Report collect_report(const Store& store, const fs::path& folder) {
  const History history = folder.empty() ? History() : History::read(folder);
  return make_report(store.location(), folder, list_backups(store), history, now());
}

std::string format_html_report(const Report& report) {
  const Verdict verdict = judge(report);
  return format_head(verdict) + std::string(shapes) + "<header><p class=place>Backups in " +
         html_foreign(report.place) + ", as of " + format_readable(report.time) +
         "</p></header>\n<main>\n" + format_verdict(report, verdict) + format_problems(report) +
         format_calendar(report) + format_charts(report) + format_recovery(report) +
         format_moments(report) + format_list(report) + "</main>\n" + format_footer(report);
}

bool is_html_report(std::string_view start) {
  return start.starts_with(page_start);
}

}  // namespace a2a_backup
