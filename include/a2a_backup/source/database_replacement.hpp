// SPDX-License-Identifier: MIT
/// Replaces the content of a live database in one transaction.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "a2a_backup/core/file.hpp"

namespace a2a_backup {

/// What is known of the content of a server's database, by which it is recognised later.
struct DatabaseState {
  std::map<std::string, std::uint64_t> rows;  ///< per table
  /// Of the objects that hold the content: it stays as long as the content was not replaced.
  std::string identity;
};

/// How a live database differs from what is about to replace it.
struct DatabaseDifference {
  bool same = false;  ///< every table holds the same rows, and the schema is equal
  std::map<std::string, std::uint64_t> live_rows;
  /// Rows whose key only the live one has; of PostgreSQL by how many more it has.
  std::map<std::string, std::uint64_t> lost_rows;
};

/// Holds writers off from its construction on, so that what keep_old() saves is what replace()
/// replaces. Applications keep the database open. Destroyed without replace(), it changes nothing.
class DatabaseReplacement {
 public:
  virtual ~DatabaseReplacement() = default;

  /// Writes the content that is about to be replaced to the new file `copy`, durably.
  virtual DatabaseState keep_old(const fs::path& copy) = 0;

  /// The new content, all of it or nothing: after a crash the database itself settles which.
  virtual void replace() = 0;
};

}  // namespace a2a_backup
