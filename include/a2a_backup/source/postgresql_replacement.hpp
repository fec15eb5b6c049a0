// SPDX-License-Identifier: MIT
/// Puts a dump into a PostgreSQL database, in the place of what is there.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "a2a_backup/source/database_replacement.hpp"
#include "a2a_backup/source/postgresql_url.hpp"

namespace a2a_backup {

/// What a live database holds now, and how large its tables are. Throws Error of kind `source` when
/// it cannot be read, `key` for a wrong password, `busy` for a lock that is not given in time.
struct PostgresqlContent {
  DatabaseState state;
  std::uint64_t table_bytes = 0;
};
PostgresqlContent read_postgresql(const PostgresqlUrl& url, std::chrono::milliseconds timeout);

/// Its table_bytes alone.
std::uint64_t size_of_postgresql(const PostgresqlUrl& url, std::chrono::milliseconds timeout);

/// Its DatabaseState::identity alone.
std::string identity_of_postgresql(const PostgresqlUrl& url, std::chrono::milliseconds timeout);

/// Behind the name of a dump: the statements that drop what is to go before it comes, all with IF
/// EXISTS, beyond what it holds itself. There need not be such a file.
inline constexpr const char* drops_suffix = ".drops.sql";

/// What is to be put into the database.
struct PostgresqlDump {
  fs::path file;          ///< in a private folder, in which files beside it may be made
  bool no_owner = false;  ///< everything is owned by the user that restores it, with no grants
};

/// One transaction from the lock to the end: writers wait, the old state is dumped, what the dump
/// has is dropped and created anew. A program that dies in it has changed nothing. Objects that
/// only the live database has are left alone, and extensions that it has already.
class PostgresqlReplacement : public DatabaseReplacement {
 public:
  /// Locks the tables that the dump has, too. Throws Error of kind `busy` when somebody holds one
  /// for longer than `timeout`, `key` for a wrong password, `failed` when it may not or cannot.
  static std::unique_ptr<PostgresqlReplacement> lock(const PostgresqlUrl& url, PostgresqlDump dump,
                                                     std::chrono::milliseconds timeout);
  ~PostgresqlReplacement() override;

  /// Beside the copy a file with drops_suffix drops what the dump is going to bring along.
  DatabaseState keep_old(const fs::path& copy) override;
  void replace() override;

 private:
  struct State;
  explicit PostgresqlReplacement(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// Puts the dump into a database that holds nothing yet, and returns the rows of each table there.
/// Throws Error of kind `refused` when it holds something.
std::map<std::string, std::uint64_t> fill_postgresql(const PostgresqlUrl& url,
                                                     const PostgresqlDump& dump,
                                                     std::chrono::milliseconds timeout);

}  // namespace a2a_backup
