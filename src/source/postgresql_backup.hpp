// SPDX-License-Identifier: MIT
/// pg_dump at work.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "a2a_backup/core/error.hpp"
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

/// The schema was changed between the snapshot and pg_dump's locks: with a new one it may do.
class OvertakenDump : public Error {
 public:
  explicit OvertakenDump(const Error& error) : Error(error) {}
};

/// A dump of one snapshot of the database, in the custom format, as pg_dump writes it. Its reader
/// throws Error of kind `source` or `busy` when pg_dump fails, at the latest where the end would
/// be. The first byte comes when pg_dump has locked all tables and knows the schema.
std::unique_ptr<Reader> dump_database(const PostgresqlUrl& url, const DumpOptions& options);

}  // namespace a2a_backup
