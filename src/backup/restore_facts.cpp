// SPDX-License-Identifier: MIT
#include "restore_facts.hpp"

#include "a2a_backup/archive/entry_name.hpp"
#include "a2a_backup/backup/staged_backup.hpp"
#include "a2a_backup/source/postgresql_replacement.hpp"

namespace a2a_backup {
namespace {

void look_at_postgresql(PlanFacts& facts, const Slot& fresh, const LiveAccess& access) {
  const PostgresqlContent live = read_postgresql(access.postgresql.value(), access.timeout);
  if (live.state.rows.empty()) return;
  facts.live_digest = FileDigest{live.table_bytes, {}};
  facts.database.emplace();
  facts.database->live_rows = live.state.rows;
  for (const auto& [table, rows] : live.state.rows) {
    const auto found = fresh.state.rows.find(table);
    if (found == fresh.state.rows.end() || rows <= found->second) continue;
    facts.database->lost_rows[table] = rows - found->second;
  }
}

/// An old state that is put back was kept as it was, perhaps broken.
void look_at_old_json(PlanFacts& facts, const Slot& fresh, const fs::path& scratch) {
  try {
    FileReader reader(fresh.file);
    facts.fresh_json = scan_json(reader, task_file_of(facts.entry), fresh.file.string(),
                                 ErrorKind::source, TaskMarks(scratch));
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::source) throw;
  }
}

}  // namespace

void look_at_live(PlanFacts& facts, const Slot& fresh, const LiveAccess& access,
                  const fs::path& scratch) {
  if (facts.entry == postgresql_entry) return look_at_postgresql(facts, fresh, access);
  const fs::path& live = facts.live;
  if (!stat_path(live)) return;
  try {
    if (is_sqlite_entry(facts.entry)) {
      facts.live_digest = FileDigest{fs::file_size(live), {}};
      if (fresh.content == Content::database) {
        facts.database = compare_sqlite(live, fresh.file, access.timeout);
      }
    } else {
      facts.live_digest = digest_file(live);
      if (!facts.fresh_json && fresh.content == Content::file) {
        look_at_old_json(facts, fresh, scratch);
      }
      if (facts.same_json()) return;
      FileReader reader(live);
      facts.live_json = scan_json(reader, task_file_of(facts.entry), live.string(),
                                  ErrorKind::source, TaskMarks(scratch));
    }
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::source) throw;
  }
}

void add_examples(PlannedFile& file) {
  if (file.lost_keys.empty()) return;
  try {
    FileReader reader(file.live, ErrorKind::source);
    file.lost_examples =
        list_tasks(reader, task_file_of(file.entry), file.lost_keys, lost_example_limit);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::source) throw;
  }
}

}  // namespace a2a_backup
