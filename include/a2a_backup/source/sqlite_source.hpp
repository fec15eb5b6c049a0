// SPDX-License-Identifier: MIT
/// The application's SQLite database, captured while it is in use.
#pragma once

#include <chrono>

#include "a2a_backup/core/side_work.hpp"
#include "a2a_backup/source/database_location.hpp"
#include "a2a_backup/source/source.hpp"

namespace a2a_backup {

struct SqliteSourceOptions {
  std::chrono::milliseconds busy_timeout{10'000};
  /// Bytes of a database in a rollback-journal mode up to which it is read in place. Its writers
  /// wait meanwhile, so a larger one is copied first, when there is room for the copy.
  std::uint64_t in_place_limit = std::uint64_t{256} << 20;
  bool check_beside = true;  ///< in a thread of its own, while the entry is read
};

/// Holds one state of the database in a read transaction and reads it in place, out of the file and
/// the write-ahead log. This does not block writers in WAL mode and makes them wait in the
/// rollback-journal modes. Where that is not possible SQLite makes a copy. The live database is
/// never checkpointed or otherwise changed. What is read is a file in rollback-journal mode, and
/// those very bytes must pass quick_check. Errors: `source` when the file is missing, unreadable or
/// not a sound database; `busy` when it stays locked for longer than the timeout.
class SqliteSource : public Source {
 public:
  SqliteSource(DatabaseLocation location, SqliteSourceOptions options);

  std::string describe() const override;
  std::uint64_t content_size() const override;
  std::uint64_t staging_size() const override { return 0; }
  bool captures_early() const override;
  void capture(const fs::path& staging, Progress& progress) override;
  const std::vector<SourceEntry>& entries() const override { return entries_; }
  std::unique_ptr<Reader> open(const SourceEntry& entry) const override;
  void annotate(Metadata& metadata) const override;

 private:
  void take(const fs::path& live, const fs::path& copy);
  void start_check();

  DatabaseLocation location_;
  SqliteSourceOptions options_;
  std::unique_ptr<const RandomAccess> bytes_;
  std::string journal_mode_;
  std::vector<SourceEntry> entries_;
  std::optional<DatabaseRecord> found_;  ///< by the check, unless it threw
  mutable SideWork check_;               ///< last: before what it uses is gone, it has ended
};

}  // namespace a2a_backup
