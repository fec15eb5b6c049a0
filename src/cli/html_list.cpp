// SPDX-License-Identifier: MIT
#include "html_list.hpp"

#include <span>

#include "a2a_backup/cli/html_text.hpp"
#include "a2a_backup/cli/output.hpp"
#include "a2a_backup/core/text.hpp"

namespace a2a_backup {
namespace {

constexpr std::size_t shown_backups = 60;
constexpr std::size_t shown_problems = 20;

std::string age_of(const BackupInfo& info, TimePoint time) {
  return info.time == TimePoint{} ? "-" : format_age(time - info.time);
}

std::string tags_of(const BackupInfo& info) {
  std::string html;
  if (!info.metadata) return html;
  for (const auto& [key, value] : info.metadata->tags) {
    html += "<span class=tag>" + html_foreign(key) + "=" + html_foreign(value) + "</span> ";
  }
  return html;
}

/// This program publishes nothing that it has not read back; the old script did not read at all.
bool proven_when_made(const BackupInfo& info) {
  return info.state == BackupState::good && info.metadata->tool.starts_with("a2a-backup ");
}

std::string verified_cell(const ReportedBackup& backup, TimePoint time) {
  if (const auto& drill = backup.drill) {
    const std::string word = drill->kind == DrillKind::restore ? "restored" : "verified";
    if (!drill->ok()) return "found broken " + format_age(time - drill->time) + " ago";
    return word + " " + format_age(time - drill->time) + " ago";
  }
  return proven_when_made(backup.info) ? "when made only" : "never";
}

std::string_view state_shape(const ReportedBackup& backup) {
  if (!backup.problem().empty()) return "bad";
  return backup.good() ? "good" : "attention";
}

std::string state_word(const ReportedBackup& backup) {
  if (!backup.problem().empty()) return "broken";
  if (backup.info.state == BackupState::legacy) return "ok, old format";
  return std::string(state_name(backup.info.state));
}

std::string format_row(const ReportedBackup& backup, TimePoint time) {
  const BackupInfo& info = backup.info;
  const bool dated = info.time != TimePoint{};
  std::string files = "-";
  std::string tasks = "-";
  std::string rows = "-";
  if (info.metadata) {
    files = std::to_string(info.metadata->files.size());
    if (info.metadata->tasks) tasks = format_count(info.metadata->tasks->total);
    if (info.metadata->database) rows = format_count(total_rows(*info.metadata->database));
  }
  std::string html = backup.problem().empty() ? "<tr>" : "<tr class=bad>";
  html += "<th scope=row>" + html_foreign(info.name);
  html += "<td>" + (dated ? format_readable(info.time).substr(0, 16) : "-");
  html += "<td>" + age_of(info, time) + "<td>" + format_bytes(info.size) + "<td>" + files + "<td>" +
          tasks + "<td>" + rows;
  html += "<td>" + shape(state_shape(backup)) + state_word(backup);
  return html + "<td>" + verified_cell(backup, time) + "<td>" + tags_of(info) + "\n";
}

std::string format_table(std::span<const ReportedBackup> backups, const std::string& name,
                         TimePoint time) {
  std::string html = "<div class=scroll tabindex=0 role=region aria-label=\"" + name +
                     "\"><table class=list><thead><tr>";
  for (const char* heading : {"Name", "Time (UTC)", "Age", "Size", "Files", "Tasks", "Rows",
                              "State", "Verified", "Tags"}) {
    html += "<th scope=col>" + std::string(heading);
  }
  html += "<tbody>\n";
  for (const ReportedBackup& backup : backups) html += format_row(backup, time);
  return html + "</table></div>\n";
}

}  // namespace

std::string shape(std::string_view name) {
  return "<svg class=\"i " + std::string(name) + "\" aria-hidden=true><use href=#" +
         std::string(name) + " /></svg>";
}

std::string format_problems(const Report& report) {
  std::string items;
  std::size_t count = 0;
  for (const ReportedBackup& backup : report.backups) {
    const std::string problem = backup.problem();
    if (problem.empty() || ++count > shown_problems) continue;
    items += "<li>" + shape("bad") + "<div><b>" + html_foreign(backup.info.name) + "</b><br>" +
             html_foreign(problem) + "</div>\n";
  }
  if (count == 0) return {};
  if (count > shown_problems) {
    items += "<li><div>and " + format_count(count - shown_problems) + " more, see the list</div>\n";
  }
  return "<section aria-labelledby=broken><h2 id=broken>Broken</h2><ul class=problems>\n" + items +
         "</ul></section>\n";
}

std::string format_moments(const Report& report) {
  if (!report.moments) return {};
  const PointInTime& moments = *report.moments;
  std::string text = "<b>pgBackRest, stanza " + html_foreign(moments.stanza) + "</b><br>" +
                     plural(moments.backups, "backup");
  if (moments.newest) {
    text += ", the newest of " + format_readable(moments.newest->stop) + " (" +
            format_age(report.time - moments.newest->stop) + " ago)";
  }
  if (moments.from) text += "; any moment from " + format_readable(*moments.from);
  if (moments.to) text += " to " + format_readable(*moments.to);
  if (!moments.good()) text += "<br>" + html_foreign(moments.problem);
  if (!moments.hint.empty()) text += "<br>" + html_foreign(moments.hint);
  return "<section aria-labelledby=moments><h2 id=moments>Point in time</h2><ul class=problems>\n"
         "<li>" +
         shape(moments.good() ? "good" : "bad") + "<div>" + text + "</div>\n</ul></section>\n";
}

std::string format_list(const Report& report) {
  if (report.backups.empty()) return {};
  const std::span<const ReportedBackup> all(report.backups);
  const std::size_t shown = std::min(all.size(), shown_backups);
  std::string html = "<section aria-labelledby=all><h2 id=all>All backups</h2>\n" +
                     format_table(all.first(shown), "Backups, newest first", report.time);
  if (shown < all.size()) {
    html += "<details><summary>" + format_count(all.size() - shown) + " older</summary>\n" +
            format_table(all.subspan(shown), "Older backups", report.time) + "</details>\n";
  }
  return html + "</section>\n";
}

}  // namespace a2a_backup
