// SPDX-License-Identifier: MIT
#include "a2a_backup/cli/diff_output.hpp"

#include <nlohmann/json.hpp>

#include "a2a_backup/backup/staged_backup.hpp"
#include "a2a_backup/cli/output.hpp"
#include "a2a_backup/core/text.hpp"

namespace a2a_backup {
namespace {

using Json = nlohmann::ordered_json;

/// Adds "3 added" to "1 removed"; nothing for 0.
void add_part(std::string& text, std::uint64_t count, const std::string& what) {
  if (count == 0) return;
  text += (text.empty() ? "" : ", ") + format_count(count) + " " + what;
}

std::string describe_rows(const TableChanges& table) {
  if (!table.before) return "new, " + plural(table.rows_after, "row");
  if (!table.after) return "gone, with " + plural(table.rows_before, "row");
  std::string text;
  add_part(text, table.added, "added");
  add_part(text, table.removed, "removed");
  add_part(text, table.changed, "changed");
  return text.empty() ? "" : "rows: " + text;
}

std::string describe_schema(const SchemaChange& change) {
  const std::string what = change.type == "user_version" ? "" : change.type + " " + change.name;
  if (change.type == "user_version") {
    return "user_version: " + change.before + " -> " + change.after;
  }
  if (change.before.empty()) return what + " is new: " + change.after;
  if (change.after.empty()) return what + " is gone: " + change.before;
  return what + " changed\n      from " + change.before + "\n      to   " + change.after;
}

void print_tasks(const TaskDifference& tasks) {
  for (const auto& [agent, changes] : tasks.by_agent) {
    if (!agent.empty()) print("    " + agent + ": " + describe_changes(changes) + "\n");
  }
}

void print_database(const DatabaseDiff& database) {
  for (const TableChanges& table : database.tables) {
    if (table.any()) print("    " + table.name + ": " + describe_rows(table) + "\n");
  }
  for (const SchemaChange& change : database.schema) {
    print("    " + describe_schema(change) + "\n");
  }
}

std::string headline(const EntryDiff& entry) {
  std::string text = entry.entry + ": " + std::string(change_name(entry.change));
  if (entry.change == EntryChange::unreadable) return text + ": " + entry.problem;
  if (!entry.tasks) return text;
  const std::string changes = describe_changes(entry.tasks->total);
  return text + ", tasks: " + (changes.empty() ? "the same" : changes);
}

void print_task_list(const Diff& diff) {
  if (diff.tasks.empty()) return;
  print("\n");
  for (const TaskChange& change : diff.tasks) {
    const char mark = change.change == "added" ? '+' : change.change == "removed" ? '-' : '~';
    const bool moved = mark == '~' && change.status_before != change.task.status;
    print(std::string(1, mark) + " " + describe_task(change.task) +
          (moved ? "  (was " + change.status_before + ")" : "") + "\n");
  }
  if (diff.more_tasks > 0) {
    print("and " + format_count(diff.more_tasks) + " more; see them with a higher --limit\n");
  }
}

Json to_json(const TaskChanges& changes) {
  return {{"added", changes.added},
          {"removed", changes.removed},
          {"status_changed", changes.status_changed},
          {"otherwise_changed", changes.otherwise_changed}};
}

Json to_json(const DatabaseDiff& database) {
  Json tables = Json::array();
  for (const TableChanges& table : database.tables) {
    tables.push_back({{"name", table.name},
                      {"rows_before", table.before ? Json(table.rows_before) : Json()},
                      {"rows_after", table.after ? Json(table.rows_after) : Json()},
                      {"added", table.added},
                      {"removed", table.removed},
                      {"changed", table.changed}});
  }
  Json schema = Json::array();
  for (const SchemaChange& change : database.schema) {
    schema.push_back({{"type", change.type},
                      {"name", change.name},
                      {"before", change.before},
                      {"after", change.after}});
  }
  return {{"tables", tables}, {"schema", schema}};
}

Json to_json(const EntryDiff& entry) {
  Json json{{"path", entry.entry}, {"change", change_name(entry.change)}};
  if (entry.change == EntryChange::unreadable) json["problem"] = entry.problem;
  if (entry.tasks) {
    json["tasks"] = to_json(entry.tasks->total);
    Json agents = Json::object();
    for (const auto& [agent, changes] : entry.tasks->by_agent) {
      if (!agent.empty()) agents[agent] = to_json(changes);
    }
    json["tasks"]["by_agent"] = agents;
  }
  if (entry.database) json["database"] = to_json(*entry.database);
  return json;
}

Json to_json(const TaskChange& change) {
  Json json{{"path", change.entry}, {"change", change.change},      {"agent", change.task.agent},
            {"id", change.task.id}, {"status", change.task.status}, {"text", change.task.text}};
  if (change.change == "changed") json["status_before"] = change.status_before;
  return json;
}

}  // namespace

std::string describe_changes(const TaskChanges& changes) {
  std::string text;
  add_part(text, changes.added, "added");
  add_part(text, changes.removed, "removed");
  add_part(text, changes.status_changed, "with another status");
  add_part(text, changes.otherwise_changed, "changed otherwise");
  return text;
}

std::string describe_task(const TaskLine& task) {
  std::string text;
  for (const std::string& part : {task.agent, task.id, task.status}) {
    if (!part.empty()) text += (text.empty() ? "" : " ") + part;
  }
  return text.empty() ? task.text : text + ": " + task.text;
}

void print_diff(const Diff& diff, bool single_tasks) {
  if (diff.identical()) {
    return print("identical: " + diff.before + " and " + diff.after + "\n");
  }
  print("from " + diff.before + " to " + diff.after + "\n");
  // What people look for first comes first.
  for (const bool database : {false, true}) {
    for (const EntryDiff& entry : diff.entries) {
      if (is_database_entry(entry.entry) != database) continue;
      print("  " + headline(entry) + "\n");
      if (entry.tasks) print_tasks(*entry.tasks);
      if (entry.database) print_database(*entry.database);
    }
  }
  if (single_tasks) print_task_list(diff);
}

Json diff_to_json(const Diff& diff) {
  Json json{{"before", diff.before},    {"after", diff.after},    {"identical", diff.identical()},
            {"entries", Json::array()}, {"tasks", Json::array()}, {"more_tasks", diff.more_tasks}};
  for (const EntryDiff& entry : diff.entries) json["entries"].push_back(to_json(entry));
  for (const TaskChange& change : diff.tasks) json["tasks"].push_back(to_json(change));
  return json;
}

}  // namespace a2a_backup
