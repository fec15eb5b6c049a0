// SPDX-License-Identifier: MIT
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>
#include <set>

#include "a2a_backup/archive/entry_name.hpp"
#include "a2a_backup/backup/inspect.hpp"
#include "a2a_backup/cli/commands.hpp"
#include "a2a_backup/cli/output.hpp"
#include "a2a_backup/cli/progress_bar.hpp"
#include "a2a_backup/cli/selection.hpp"
#include "a2a_backup/cli/usage_errors.hpp"
#include "a2a_backup/core/text.hpp"

namespace a2a_backup {
namespace {

using Json = nlohmann::ordered_json;

struct Flags {
  std::string selector = "latest";
  std::string cat;
  OpeningFlags opening;
};

Json to_json(const Inspection& inspection) {
  const Metadata& metadata = inspection.metadata;
  Json json{{"name", inspection.name},
            {"path", inspection.location},
            {"size", inspection.size},
            {"version", metadata.version},
            {"timestamp", format_rfc3339(metadata.timestamp)},
            {"tool", metadata.tool},
            {"host", metadata.host},
            {"tags", metadata.tags},
            {"entries", Json::array()}};
  for (const InspectedEntry& entry : inspection.entries) {
    json["entries"].push_back({{"path", entry.name},
                               {"size", entry.size},
                               {"compressed_size", entry.compressed_size},
                               {"sha256", entry.sha256}});
  }
  if (metadata.database) json["database"] = database_to_json(*metadata.database);
  if (metadata.tasks) json["tasks"] = tasks_to_json(*metadata.tasks);
  if (inspection.encrypted) json["encrypted"] = true;
  json["warnings"] = metadata.warnings;
  return json;
}

void print_tasks(const TaskCounts& tasks) {
  print("\ntasks: " + format_count(tasks.total) + " in the history\n");
  if (tasks.by_agent.empty()) return;
  std::set<std::string> statuses;
  for (const auto& [status, count] : tasks.by_status) statuses.insert(status);
  std::vector<std::string> header{"AGENT"};
  header.insert(header.end(), statuses.begin(), statuses.end());
  header.emplace_back("TOTAL");
  Table table(header);
  std::vector<std::size_t> numbers;
  for (std::size_t i = 1; i < header.size(); ++i) numbers.push_back(i);
  for (const auto& [agent, counts] : tasks.by_agent) {
    std::vector<std::string> row{agent};
    std::uint64_t total = 0;
    for (const std::string& status : statuses) {
      const auto found = counts.find(status);
      const std::uint64_t count = found == counts.end() ? 0 : found->second;
      row.push_back(format_count(count));
      total += count;
    }
    row.push_back(format_count(total));
    table.add(row);
  }
  print(table.format(numbers, stdout_is_terminal()));
}

void print_database(const DatabaseRecord& database) {
  print("\ndatabase: " + database.engine +
        (database.source.empty() ? "" : " from " + database.source) +
        (database.journal_mode.empty() ? "" : ", journal mode " + database.journal_mode) +
        (database.server_version.empty() ? "" : ", server " + database.server_version) +
        (database.standby ? ", a replica" : "") + "\n");
  Table tables({"TABLE", "ROWS"});
  for (const auto& [name, rows] : database.tables) tables.add({name, format_count(rows)});
  print(tables.format({1}, stdout_is_terminal()));
}

void print_text(const Inspection& inspection) {
  const Metadata& metadata = inspection.metadata;
  print(inspection.name + "  " + format_bytes(inspection.size) +
        (inspection.encrypted ? "  encrypted" : "") + "\n");
  print("taken " + format_readable(metadata.timestamp) + ", " +
        format_age(now() - metadata.timestamp) + " ago" +
        (metadata.host.empty() ? "" : " on " + metadata.host) +
        (metadata.tool.empty() ? "" : " by " + metadata.tool) + ", format " + metadata.version +
        (metadata.legacy() ? " (no digests inside, these were computed now)" : "") + "\n");
  for (const auto& [key, value] : metadata.tags) print("tag " + key + "=" + value + "\n");
  print("\n");
  Table files({"FILE", "SIZE", "COMPRESSED", "SHA-256"});
  for (const InspectedEntry& entry : inspection.entries) {
    files.add(
        {entry.name, format_bytes(entry.size), format_bytes(entry.compressed_size), entry.sha256});
  }
  print(files.format({1, 2}, stdout_is_terminal()));
  if (metadata.tasks) print_tasks(*metadata.tasks);
  if (metadata.database) print_database(*metadata.database);
  for (const std::string& warning : metadata.warnings) print("\nwarning: " + warning + "\n");
}

std::vector<std::string> names_of(const BackupFile& file) {
  std::vector<std::string> names;
  for (const ZipEntry& entry : file.entries()) names.push_back(entry.name);
  return names;
}

void cat_entry(SelectedBackup& backup, const std::string& name) {
  const ZipEntry* entry = backup.file->find(name);
  if (entry == nullptr) {
    throw Error(ErrorKind::not_found, backup.name + " holds no '" + printable(name) + "'",
                did_you_mean(name, names_of(*backup.file),
                             "see what it holds with 'a2a-backup inspect " + backup.name + "'"));
  }
  copy_all(*backup.file->open(*entry), STDOUT_FILENO, "stdout");
}

void run_inspect(const Flags& flags, const GlobalOptions& global) {
  const Reading reading = flags.cat.empty() ? Reading::parts : Reading::whole;
  SelectedBackup backup =
      open_backup(*backup_store(global), flags.selector, flags.opening, global, reading);
  if (!flags.cat.empty()) return cat_entry(backup, flags.cat);
  ProgressBar bar(global);
  const Inspection inspection = inspect_backup(backup, global.scratch_parent(), bar);
  bar.clear();
  if (global.json) return print_json(to_json(inspection));
  print_text(inspection);
  suggest(global, "a2a-backup verify " + shell_word(flags.selector));
}

}  // namespace

Command add_inspect(CLI::App& app, const GlobalOptions& global) {
  auto flags = std::make_shared<Flags>();
  CLI::App* command = app.add_subcommand("inspect", "Show what one backup holds");
  add_selector(*command, flags->selector)->capture_default_str();
  command->add_option("--cat", flags->cat, "Write this entry to stdout")->type_name("ENTRY");
  add_opening_options(*command, flags->opening);
  command->footer(
      "Examples:\n  a2a-backup inspect latest\n"
      "  a2a-backup inspect 2025-07-11 --cat shared/tasks.json\n");
  return {command, [flags, &global] { run_inspect(*flags, global); }};
}

}  // namespace a2a_backup
