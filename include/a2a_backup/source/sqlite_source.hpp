// SPDX-License-Identifier: MIT
/// The application's SQLite database, captured while it is in use.
#pragma once

#include <chrono>

#include "a2a_backup/source/source.hpp"
#include "a2a_backup/source/sqlite_location.hpp"

namespace a2a_backup {

/// Captures a consistent copy by SQLite's Online Backup API within one read transaction, which does
/// not block writers in WAL mode and makes them wait in the rollback-journal modes. The live
/// database is never checkpointed or otherwise changed. The copy is in rollback-journal mode and
/// passed quick_check. Errors: `source` when the file is missing, unreadable or not a sound
/// database; `busy` when it stays locked for longer than `busy_timeout`.
class SqliteSource : public Source {
 public:
  SqliteSource(DatabaseLocation location, std::chrono::milliseconds busy_timeout);

  std::string describe() const override;
  std::uint64_t staging_size() const override;
  void capture(const fs::path& staging, Progress& progress) override;
  const std::vector<SourceEntry>& entries() const override { return entries_; }
  std::unique_ptr<Reader> open(const SourceEntry& entry) const override;
  void annotate(Metadata& metadata) const override;

 private:
  DatabaseLocation location_;
  std::chrono::milliseconds busy_timeout_;
  fs::path copy_;
  DatabaseRecord record_;
  std::vector<SourceEntry> entries_;
};

}  // namespace a2a_backup
