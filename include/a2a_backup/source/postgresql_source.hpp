// SPDX-License-Identifier: MIT
/// The application's PostgreSQL database, dumped by pg_dump while it is in use.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "a2a_backup/source/database_location.hpp"
#include "a2a_backup/source/source.hpp"

namespace a2a_backup {

/// Holds one snapshot of the database in a transaction. Its dump is made while it is read, so that
/// it needs no space; pg_restore reads it at the same time, which proves it and counts its rows.
/// (The server could count them, too, but TRUNCATE respects no snapshot, and a lock against it
/// would keep pg_dump waiting behind whoever waits for that lock.) A standby may cancel the dump
/// when its primary changes what is being read; there the dump is made in capture(), as a file, and
/// repeated when that happens. Elsewhere it is begun there, until pg_dump has its locks, and
/// repeated when a table went that the snapshot still saw. Errors: `source` when there is no server
/// or database, when something may not be read, or when pg_dump is older than the server; `key` for
/// a wrong password; `busy` when a lock is not given in time.
class PostgresqlSource : public Source {
 public:
  /// Connects, and asks the server what it is.
  PostgresqlSource(const DatabaseLocation& location, std::chrono::milliseconds lock_timeout);
  ~PostgresqlSource() override;

  std::string describe() const override;
  std::uint64_t content_size() const override;
  std::uint64_t staging_size() const override;
  void capture(const fs::path& staging, Progress& progress) override;
  const std::vector<SourceEntry>& entries() const override { return entries_; }
  std::unique_ptr<Reader> open(const SourceEntry& entry) const override;
  void annotate(Metadata& metadata) const override;

 private:
  struct State;
  void begin_dump(const fs::path& staging);

  std::unique_ptr<State> state_;
  std::vector<SourceEntry> entries_;
};

}  // namespace a2a_backup
