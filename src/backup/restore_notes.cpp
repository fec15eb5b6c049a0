// SPDX-License-Identifier: MIT
#include "restore_notes.hpp"

#include <algorithm>

#include "a2a_backup/core/text.hpp"
#include "a2a_backup/source/json_source.hpp"

namespace a2a_backup {

void note_kept_files(RestorePlan& plan, const fs::path& root) {
  std::map<std::string, fs::path> present;
  try {
    present = JsonSource(root, {}).find();
  } catch (const Error& error) {
    plan.warnings.push_back(error.message());
  }
  for (const auto& item : present) {
    const bool planned = std::any_of(plan.files.begin(), plan.files.end(),
                                     [&](const auto& file) { return file.entry == item.first; });
    if (!planned) plan.kept.push_back(item.first);
  }
}

/// pg_restore drops what the dump has, and nothing else.
void note_kept_tables(RestorePlan& plan, const PlanFacts& dump,
                      const std::map<std::string, std::uint64_t>& fresh) {
  if (!dump.database) return;
  for (const auto& [table, rows] : dump.database->live_rows) {
    if (!fresh.contains(table)) plan.kept.push_back("the table " + table);
  }
}

/// A replica is restored at its primary, which has other hosts.
void note_origin(RestorePlan& plan, const DatabaseRecord& record, const PostgresqlUrl& live) {
  if (!is_postgresql_url(record.source)) return;
  const PostgresqlPlace origin = postgresql_place(record.source);
  const PostgresqlPlace target = postgresql_place(live.text);
  const bool same_server = record.standby || origin.shares_host_with(target);
  if (same_server && origin.database == target.database) return;
  plan.warnings.push_back("the backup is of another database, " + origin.text() +
                          ", and is going to replace what is in " + target.text());
}

void note_gaps(RestorePlan& plan, const BackupFile& backup, const std::string& name) {
  if (backup.metadata().legacy()) {
    plan.warnings.push_back(
        name + " is of version 1: it has no digests, its CRC-32 sums were checked instead");
  }
  for (const std::string& missing : backup.missing()) {
    plan.warnings.push_back(name + " lists " + printable(missing) + " and does not hold it");
  }
}

}  // namespace a2a_backup
