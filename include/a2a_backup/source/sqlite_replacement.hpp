// SPDX-License-Identifier: MIT
/// Replaces the content of a live SQLite database in one transaction.
#pragma once

#include <chrono>
#include <memory>

#include "a2a_backup/source/database_replacement.hpp"

namespace a2a_backup {

/// Holds the write lock of a live database. Applications that have it open see the new rows.
class SqliteReplacement : public DatabaseReplacement {
 public:
  /// Locks `live`, to be replaced by the database file `staged`. Where that has another page size
  /// it is rewritten on the way, and `rewrote` becomes true. Returns nullptr when there is no live
  /// database or when it is too broken to be opened: then a rename is the way. Throws Error of kind
  /// `busy` when it stays locked for longer than `timeout`, of kind `failed` when it may not be
  /// written.
  static std::unique_ptr<SqliteReplacement> lock(const fs::path& live, const fs::path& staged,
                                                 std::chrono::milliseconds timeout, bool& rewrote);
  ~SqliteReplacement() override;
  SqliteReplacement(const SqliteReplacement&) = delete;
  SqliteReplacement& operator=(const SqliteReplacement&) = delete;

  DatabaseState keep_old(const fs::path& copy) override;
  void replace() override;

 private:
  bool replace_in_place();

  struct State;
  explicit SqliteReplacement(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace a2a_backup
