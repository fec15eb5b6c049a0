// SPDX-License-Identifier: MIT
/// What a person should know of a restore besides the files that it replaces.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "a2a_backup/backup/backup_file.hpp"
#include "a2a_backup/backup/restore_plan.hpp"
#include "a2a_backup/source/postgresql_url.hpp"

namespace a2a_backup {

/// The live files at `root` that `plan` does not touch.
void note_kept_files(RestorePlan& plan, const fs::path& root);

/// The tables of the live PostgreSQL database, as far as `dump` knows them, that are not in
/// `fresh`, the rows of the dump's tables.
void note_kept_tables(RestorePlan& plan, const PlanFacts& dump,
                      const std::map<std::string, std::uint64_t>& fresh);

/// That the backup is of another PostgreSQL database than `live`.
void note_origin(RestorePlan& plan, const DatabaseRecord& record, const PostgresqlUrl& live);

/// What the backup, called `name`, cannot prove or does not hold.
void note_gaps(RestorePlan& plan, const BackupFile& backup, const std::string& name);

}  // namespace a2a_backup
