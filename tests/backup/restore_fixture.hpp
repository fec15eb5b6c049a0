// SPDX-License-Identifier: MIT
/// A live system, a backup of it, and the ways to put that back.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "a2a_backup/backup/restore.hpp"
#include "backup/archives.hpp"
#include "support.hpp"

namespace a2a_backup::test {

inline const std::string history = "shared/tasks.json";
inline const std::string agents = "shared/agent_tasks.json";

struct RestoreFixture {
  RestoreFixture() {
    make_system(root.path());
    CreateOptions create;
    create.root = root.path();
    create.backup_dir = backups.path();
    create.level = 1;
    backup = create_backup(create, no_progress()).path;
  }

  RestoreOptions options() const {
    RestoreOptions options;
    options.root = root.path();
    options.only = only;
    options.lock_timeout = std::chrono::milliseconds(200);
    return options;
  }

  /// Other tasks, other rows, another table.
  void change_everything() const {
    write_text(root / history, history_json(9, "later"));
    write_text(root / agents, agents_json(5));
    run_sql(database,
            "DELETE FROM tasks WHERE id=2; UPDATE tasks SET title='later';"
            "INSERT INTO tasks VALUES(100,'later'); CREATE TABLE later(a)");
  }

  RestoreResult restore() {
    Restore restore(options());
    SelectedBackup selected = open_backup(backup);
    restore.stage(selected, no_progress());
    warnings = restore.plan().warnings;
    if (before_commit) before_commit();
    return restore.commit(no_progress());
  }

  /// Returns what the plan called it.
  std::string undo() const {
    Restore restore(options());
    restore.stage_undo(no_progress());
    std::string what = restore.plan().what;
    restore.commit(no_progress());
    return what;
  }

  /// The JSON files and the rows.
  std::map<std::string, std::string> live_state() const {
    std::map<std::string, std::string> state = tree_of(root / "shared");
    state["schema"] = sql_text(database, "SELECT group_concat(sql) FROM sqlite_master");
    state["rows"] = sql_text(database, "SELECT group_concat(id || title) FROM tasks");
    return state;
  }
  bool is_as_saved() const {
    return read_text_file(root / history) == history_json(3) &&
           read_text_file(root / agents) == agents_json(3) &&
           sql_number(database, "SELECT count(*) FROM sqlite_master") == 2 &&
           sql_text(database, "SELECT group_concat(id || title) FROM tasks") ==
               "1title of task 1,2title of task 2,3title of task 3";
  }

  TempDir root;
  TempDir backups;
  fs::path database = root / "database/a2a_system.db";
  fs::path backup;
  std::vector<std::string> only;
  std::vector<std::string> warnings;
  std::function<void()> before_commit;
};

}  // namespace a2a_backup::test
