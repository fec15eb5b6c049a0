// SPDX-License-Identifier: MIT
#include <CLI/CLI.hpp>
#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "a2a_backup/backup/catalog.hpp"
#include "a2a_backup/cli/commands.hpp"
#include "a2a_backup/cli/html_report.hpp"
#include "a2a_backup/cli/html_verdict.hpp"
#include "a2a_backup/cli/output.hpp"
#include "a2a_backup/cli/point_in_time.hpp"
#include "a2a_backup/cli/progress_bar.hpp"
#include "a2a_backup/cli/selection.hpp"
#include "a2a_backup/cli/usage_errors.hpp"
#include "a2a_backup/core/text.hpp"
#include "a2a_backup/core/unnamed_file.hpp"
#include "published_file.hpp"

namespace a2a_backup {
namespace {

using Json = nlohmann::ordered_json;

struct Flags {
  std::string html;
  std::string max_age;
  bool digest = false;
};

/// With --digest, the SHA-256 of each backup's file.
using Digests = std::map<std::string, std::string>;

Digests read_digests(const Store& store, const Report& report, const GlobalOptions& global) {
  std::uint64_t total = 0;
  for (const ReportedBackup& backup : report.backups) total += backup.info.size;
  Digests digests;
  ProgressBar bar(global);
  bar.phase("digest", total);
  for (const ReportedBackup& backup : report.backups) {
    const auto file = store.open(backup.info.name);
    ObservedReader reader(std::make_unique<RandomAccessReader>(*file), bar);
    digests[backup.info.name] = digest_of(reader).sha256;
  }
  return digests;
}

Json to_json(const std::optional<Drill>& drill) {
  if (!drill) return nullptr;
  Json json{{"ok", drill->ok()},
            {"time", format_rfc3339(drill->time)},
            {"by", drill_name(drill->kind)},
            {"seconds", drill->seconds},
            {"bytes", drill->bytes}};
  if (!drill->ok()) json["problem"] = drill->problem;
  return json;
}

Json to_json(const ReportedBackup& backup, const Digests& digests) {
  const BackupInfo& info = backup.info;
  Json json{{"name", info.name}, {"size", info.size}, {"state", state_name(info.state)}};
  json["time"] = info.time == TimePoint{} ? Json() : Json(format_rfc3339(info.time));
  if (digests.contains(info.name)) json["sha256"] = digests.at(info.name);
  if (info.state == BackupState::broken) json["problem"] = info.problem;
  if (info.state == BackupState::artifact) json["holds"] = info.wrapped;
  json["verified"] = to_json(backup.drill);
  if (!info.metadata) return json;
  const Metadata& metadata = *info.metadata;
  json["version"] = metadata.version;
  json["files"] = metadata.files;
  if (metadata.tasks) json["tasks"] = metadata.tasks->total;
  if (metadata.database) json["rows"] = total_rows(*metadata.database);
  if (!metadata.tags.empty()) json["tags"] = metadata.tags;
  return json;
}

std::string note(const BackupInfo& info) {
  if (info.state == BackupState::broken) return "broken: " + info.problem;
  if (info.state == BackupState::artifact) {
    return "artifact: holds " + plural(info.wrapped.size(), "backup");
  }
  return std::string(state_name(info.state));
}

std::vector<std::string> to_cells(const BackupInfo& info, const Digests& digests, TimePoint time) {
  std::string files = "-";
  std::string tasks = "-";
  std::string rows = "-";
  if (info.metadata) {
    files = std::to_string(info.metadata->files.size());
    if (info.metadata->tasks) tasks = format_count(info.metadata->tasks->total);
    if (info.metadata->database) rows = format_count(total_rows(*info.metadata->database));
  }
  const bool dated = info.time != TimePoint{};
  std::vector<std::string> cells{info.name,
                                 dated ? format_age(time - info.time) : "-",
                                 format_bytes(info.size),
                                 files,
                                 tasks,
                                 rows,
                                 note(info)};
  if (digests.contains(info.name)) cells.insert(cells.end() - 1, digests.at(info.name));
  return cells;
}

void print_table(const Report& report, const Digests& digests, const GlobalOptions& global) {
  if (report.backups.empty()) {
    print("no backups in " + report.place + "\n");
    return suggest(global, "a2a-backup create");
  }
  std::vector<std::string> header{"NAME", "AGE", "SIZE", "FILES", "TASKS", "ROWS", "STATE"};
  if (!digests.empty()) header.insert(header.end() - 1, "SHA-256");
  Table table(std::move(header));
  for (const ReportedBackup& backup : report.backups) {
    table.add(to_cells(backup.info, digests, report.time));
  }
  print(table.format({2, 3, 4, 5}, stdout_is_terminal()));
  if (std::any_of(report.backups.begin(), report.backups.end(),
                  [](const ReportedBackup& each) { return each.info.usable(); })) {
    suggest(global, "a2a-backup inspect latest");
  }
}

void draw(Report report, const Flags& flags, const GlobalOptions& global) {
  if (!flags.max_age.empty()) {
    report.max_age = duration_of("--max-age", flags.max_age, "26h");
  }
  report.moments = point_in_time(global);
  const std::string page = format_html_report(report);
  if (flags.html == "-") return print(page);
  write_published_file(flags.html, page, {"report", is_html_report});
  if (global.quiet) return;
  const Verdict verdict = judge(report);
  print("wrote " + flags.html + " (" + format_bytes(page.size()) + "): " + verdict.sentence + "\n");
}

void run_list(const Flags& flags, const GlobalOptions& global) {
  if (!flags.html.empty() && global.json) {
    throw Error(ErrorKind::usage, "--html and --json do not go together");
  }
  const std::unique_ptr<Store> store = backup_store(global);
  Report report = collect_report(*store, global.backup_folder());
  if (!flags.html.empty()) return draw(std::move(report), flags, global);
  const Digests digests = flags.digest ? read_digests(*store, report, global) : Digests{};
  const auto moments = point_in_time(global);
  if (!global.json) {
    print_table(report, digests, global);
    if (moments) print_point_in_time(*moments);
    return;
  }
  Json list = Json::array();
  for (const ReportedBackup& backup : report.backups) list.push_back(to_json(backup, digests));
  Json document{{"backup_dir", report.place}, {"backups", list}};
  if (moments) document["point_in_time"] = point_in_time_to_json(*moments);
  print_json(document);
}

}  // namespace

Command add_list(CLI::App& app, const GlobalOptions& global) {
  auto flags = std::make_shared<Flags>();
  CLI::App* command = app.add_subcommand("list", "Show the backups, newest first");
  auto* html =
      command->add_option("--html", flags->html, "Write a page for people instead, or - for stdout")
          ->type_name("FILE");
  command
      ->add_option("--max-age", flags->max_age,
                   "On the page: how old the newest good backup may be (default: 26h)")
      ->type_name("AGE")
      ->needs(html);
  command->add_flag("--digest", flags->digest, "Read each file whole, and show its SHA-256");
  command->footer("Examples:\n  a2a-backup list\n  a2a-backup list --html backups.html\n");
  return {command, [flags, &global] { run_list(*flags, global); }};
}

}  // namespace a2a_backup
