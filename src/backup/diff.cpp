// SPDX-License-Identifier: MIT
#include "a2a_backup/backup/diff.hpp"

#include <algorithm>
#include <set>

#include "a2a_backup/archive/entry_name.hpp"
#include "a2a_backup/backup/staged_backup.hpp"
#include "a2a_backup/source/postgresql_dump.hpp"

namespace a2a_backup {
namespace {

const DiffSide::File* find(const DiffSide& side, const std::string& entry) {
  const auto found = side.files.find(entry);
  return found == side.files.end() ? nullptr : &found->second;
}

/// The live one is opened as a live one, on whichever side it stands.
DatabaseDiff diff_databases(const DiffSide& before, const DiffSide& after, const std::string& entry,
                            std::chrono::milliseconds timeout) {
  const fs::path& old = find(before, entry)->path;
  const fs::path& fresh = find(after, entry)->path;
  if (after.live) return reversed(diff_sqlite(fresh, old, timeout));
  return diff_sqlite(old, fresh, timeout);
}

void compare_database(EntryDiff& diff, const DiffSide& before, const DiffSide& after,
                      const DiffOptions& options) {
  try {
    diff.database = diff_databases(before, after, diff.entry, options.lock_timeout);
    diff.change = diff.database->any() ? EntryChange::changed : EntryChange::same;
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::source) throw;
    diff.change = EntryChange::unreadable;
    diff.problem = error.message();
  }
}

/// Which rows differ, only a server could tell.
DatabaseDiff diff_rows(const DiffSide::File& old, const DiffSide::File& fresh) {
  std::map<std::string, TableChanges> tables;
  for (const auto& [name, rows] : old.rows) {
    tables[name].before = true;
    tables[name].rows_before = rows;
  }
  for (const auto& [name, rows] : fresh.rows) {
    tables[name].after = true;
    tables[name].rows_after = rows;
  }
  DatabaseDiff diff;
  for (auto& [name, table] : tables) {
    table.name = name;
    table.added = table.rows_after - std::min(table.rows_after, table.rows_before);
    table.removed = table.rows_before - std::min(table.rows_after, table.rows_before);
    diff.tables.push_back(std::move(table));
  }
  return diff;
}

void compare_dumps(EntryDiff& diff, const DiffSide::File& old, const DiffSide::File& fresh) {
  diff.database = diff_rows(old, fresh);
  if (old.sha256 == fresh.sha256) return;
  const auto content = [&](const DiffSide::File& file) {
    return digest_of_content(file.path, diff.entry, ErrorKind::source);
  };
  diff.change =
      can_read_dumps() && content(old) == content(fresh) ? EntryChange::same : EntryChange::changed;
}

/// A task file that is on one side only is compared with an empty one.
void compare_tasks_of(EntryDiff& diff, const DiffSide::File* old, const DiffSide::File* fresh,
                      std::size_t limit) {
  if (task_file_of(diff.entry) == TaskFile::other) return;
  static const JsonSummary none;
  diff.tasks = compare_tasks(old == nullptr ? none : old->summary,
                             fresh == nullptr ? none : fresh->summary, limit);
}

EntryDiff compare_entry(const std::string& entry, const DiffSide& before, const DiffSide& after,
                        const DiffOptions& options) {
  const DiffSide::File* old = find(before, entry);
  const DiffSide::File* fresh = find(after, entry);
  EntryDiff diff;
  diff.entry = entry;
  for (const DiffSide::File* file : {old, fresh}) {
    if (file == nullptr || file->problem.empty()) continue;
    diff.change = EntryChange::unreadable;
    diff.problem = file->problem;
    return diff;
  }
  if (old == nullptr || fresh == nullptr) {
    diff.change = old == nullptr ? EntryChange::added : EntryChange::removed;
    compare_tasks_of(diff, old, fresh, options.task_limit);
  } else if (is_sqlite_entry(entry)) {
    compare_database(diff, before, after, options);
  } else if (entry == postgresql_entry) {
    compare_dumps(diff, *old, *fresh);
  } else if (old->sha256 != fresh->sha256) {
    diff.change = EntryChange::changed;
    compare_tasks_of(diff, old, fresh, options.task_limit);
  }
  return diff;
}

std::vector<TaskLine> lines_of(const DiffSide& side, const std::string& entry,
                               const std::vector<std::uint64_t>& keys, std::size_t limit) {
  const DiffSide::File* file = find(side, entry);
  if (file == nullptr) return {};
  FileReader reader(file->path);
  return list_tasks(reader, task_file_of(entry), keys, limit);
}

/// Lists single tasks, until the limit of all is reached.
class TaskList {
 public:
  TaskList(Diff& diff, std::size_t limit) : diff_(diff), limit_(limit) {}

  void add(const EntryDiff& entry, const DiffSide& before, const DiffSide& after) {
    const TaskDifference& tasks = *entry.tasks;
    const std::uint64_t all = tasks.total.sum();
    const std::size_t listed = diff_.tasks.size();
    add_lines(entry.entry, "added", lines_of(after, entry.entry, tasks.added, room()));
    add_lines(entry.entry, "removed", lines_of(before, entry.entry, tasks.removed, room()));
    add_changed(entry, before, after);
    diff_.more_tasks += all - std::min<std::uint64_t>(all, diff_.tasks.size() - listed);
  }

 private:
  std::size_t room() const { return limit_ - diff_.tasks.size(); }

  void add_lines(const std::string& entry, const std::string& change, std::vector<TaskLine> lines) {
    for (TaskLine& line : lines) diff_.tasks.push_back({entry, change, std::move(line), {}});
  }

  void add_changed(const EntryDiff& entry, const DiffSide& before, const DiffSide& after) {
    std::vector<TaskLine> fresh = lines_of(after, entry.entry, entry.tasks->changed, room());
    std::vector<std::uint64_t> keys;
    keys.reserve(fresh.size());
    for (const TaskLine& line : fresh) keys.push_back(line.key);
    std::sort(keys.begin(), keys.end());
    std::map<std::uint64_t, std::string> old_status;
    for (const TaskLine& line : lines_of(before, entry.entry, keys, keys.size())) {
      old_status[line.key] = line.status;
    }
    for (TaskLine& line : fresh) {
      std::string status = old_status[line.key];
      diff_.tasks.push_back({entry.entry, "changed", std::move(line), std::move(status)});
    }
  }

  Diff& diff_;
  std::size_t limit_;
};

}  // namespace

std::string_view change_name(EntryChange change) {
  switch (change) {
    case EntryChange::same:
      return "same";
    case EntryChange::added:
      return "added";
    case EntryChange::removed:
      return "removed";
    case EntryChange::changed:
      return "changed";
    case EntryChange::unreadable:
      break;
  }
  return "unreadable";
}

bool Diff::identical() const {
  return std::all_of(entries.begin(), entries.end(),
                     [](const EntryDiff& entry) { return entry.change == EntryChange::same; });
}

Diff compare_sides(const DiffSide& before, const DiffSide& after, const DiffOptions& options) {
  Diff diff;
  diff.before = before.name;
  diff.after = after.name;
  std::set<std::string> names;
  for (const DiffSide* side : {&before, &after}) {
    for (const auto& [entry, file] : side->files) names.insert(entry);
  }
  TaskList list(diff, options.task_limit);
  for (const std::string& entry : names) {
    diff.entries.push_back(compare_entry(entry, before, after, options));
    if (diff.entries.back().tasks) list.add(diff.entries.back(), before, after);
  }
  return diff;
}

}  // namespace a2a_backup
