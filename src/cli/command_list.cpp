// SPDX-License-Identifier: MIT
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "a2a_backup/backup/catalog.hpp"
#include "a2a_backup/cli/commands.hpp"
#include "a2a_backup/cli/output.hpp"
#include "a2a_backup/cli/selection.hpp"
#include "a2a_backup/core/text.hpp"

namespace a2a_backup {
namespace {

using Json = nlohmann::ordered_json;

Json to_json(const BackupInfo& info) {
  Json json{{"name", info.name}, {"size", info.size}, {"state", state_name(info.state)}};
  json["time"] = info.time == TimePoint{} ? Json() : Json(format_rfc3339(info.time));
  if (info.state == BackupState::broken) json["problem"] = info.problem;
  if (info.state == BackupState::artifact) json["holds"] = info.wrapped;
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

std::vector<std::string> to_row(const BackupInfo& info, TimePoint time) {
  std::string files = "-";
  std::string tasks = "-";
  std::string rows = "-";
  if (info.metadata) {
    files = std::to_string(info.metadata->files.size());
    if (info.metadata->tasks) tasks = format_count(info.metadata->tasks->total);
    if (info.metadata->database) rows = format_count(total_rows(*info.metadata->database));
  }
  const bool dated = info.time != TimePoint{};
  return {info.name,
          dated ? format_age(time - info.time) : "-",
          format_bytes(info.size),
          files,
          tasks,
          rows,
          note(info)};
}

void run_list(const GlobalOptions& global) {
  const std::unique_ptr<Store> store = backup_store(global);
  const std::vector<BackupInfo> backups = list_backups(*store);
  if (global.json) {
    Json list = Json::array();
    for (const BackupInfo& info : backups) list.push_back(to_json(info));
    return print_json({{"backup_dir", store->location()}, {"backups", list}});
  }
  if (backups.empty()) {
    print("no backups in " + store->location() + "\n");
    return suggest(global, "a2a-backup create");
  }
  Table table({"NAME", "AGE", "SIZE", "FILES", "TASKS", "ROWS", "STATE"});
  const TimePoint time = now();
  for (const BackupInfo& info : backups) table.add(to_row(info, time));
  print(table.format({2, 3, 4, 5}, stdout_is_terminal()));
}

}  // namespace

Command add_list(CLI::App& app, const GlobalOptions& global) {
  CLI::App* command = app.add_subcommand("list", "Show the backups, newest first");
  command->footer("Examples:\n  a2a-backup list\n  a2a-backup list --json\n");
  return {command, [&global] { run_list(global); }};
}

}  // namespace a2a_backup
