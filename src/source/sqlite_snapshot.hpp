// SPDX-License-Identifier: MIT
/// A live SQLite database as it was at one moment, read where it lies.
#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "a2a_backup/core/io.hpp"
#include "sqlite_common.hpp"
#include "sqlite_wal.hpp"

namespace a2a_backup {

/// Holds a read transaction, so that SQLite keeps every page of that moment: in the
/// rollback-journal modes the file itself stands still and writers wait; in WAL mode writers go on,
/// and a page comes out of the log where the log holds it. Nothing is written, checkpointed or
/// locked for writing. Its bytes are those of a database file in rollback-journal mode.
class SqliteSnapshot : public RandomAccess {
 public:
  /// Nothing when this database cannot be read so: its log is not as documented, or commits come
  /// without a pause. Throws SQLite::Exception.
  static std::unique_ptr<SqliteSnapshot> take(const fs::path& live);

  std::uint64_t size() const override { return std::uint64_t{pages_} * page_size_; }
  void read_at(std::uint64_t offset, std::span<std::byte> buffer) const override;
  const std::string& name() const override { return name_; }

  const std::string& journal_mode() const { return journal_mode_; }
  bool blocks_writers() const { return journal_mode_ != "wal"; }

 private:
  explicit SqliteSnapshot(const fs::path& live);
  void begin();
  bool begin_with_log();
  void read_file(std::uint64_t offset, std::span<std::byte> buffer) const;
  void patch(std::uint64_t offset, std::span<std::byte> buffer) const;

  std::string name_;
  std::unique_ptr<RandomAccess> log_;  ///< none when all pages are in the file
  WalPages logged_;
  SQLite::Database reader_;
  std::string journal_mode_;
  std::uint32_t page_size_ = 0;
  std::uint32_t pages_ = 0;
  sqlite3_file* file_ = nullptr;      ///< the reader's own: closing another would drop its locks
  mutable std::mutex one_at_a_time_;  ///< SQLite's file is not for several threads at once
};

}  // namespace a2a_backup
