// SPDX-License-Identifier: MIT
/// pg_dump at work.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "a2a_backup/core/error.hpp"
#include "a2a_backup/core/file.hpp"
#include "a2a_backup/core/io.hpp"
#include "a2a_backup/source/postgresql_url.hpp"

namespace a2a_backup {

using DumpRows = std::map<std::string, std::uint64_t>;

struct DumpOptions {
  std::string snapshot;  ///< of a transaction that stays open until the dump is read
  std::string encoding;  ///< see encoding_of_dump()
  int compression = 0;   ///< of pg_dump's own, 0 to 9
  std::chrono::milliseconds lock_timeout{10'000};
  DumpRows* rows = nullptr;  ///< where the rows of each table are to be counted, when all is read
};

/// A dump of one snapshot of the database, in the custom format, as pg_dump writes it. Its reader
/// throws Error of kind `source` or `busy` when pg_dump fails, at the latest where the end would
/// be. The first byte comes when pg_dump has locked all tables and knows the schema.
std::unique_ptr<Reader> dump_database(const PostgresqlUrl& url, const DumpOptions& options);

/// Writes it to `file`, in the place of what an attempt before has left.
void write_dump(const PostgresqlUrl& url, const DumpOptions& options, const fs::path& file);

/// Calls `dump` until nobody disturbs it: up to three times while the schema is changed between the
/// snapshot and pg_dump's locks, and up to five times when a standby cancels it. It gets the number
/// of the attempt, from 1 on, which is returned in the end, and takes a new snapshot in each.
/// Throws what the last attempt threw.
int dump_undisturbed(bool standby, const std::function<void(int attempt)>& dump);

}  // namespace a2a_backup
