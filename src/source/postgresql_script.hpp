// SPDX-License-Identifier: MIT
/// A dump as the SQL that pg_restore makes of it, for psql to run.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "a2a_backup/core/file.hpp"
#include "a2a_backup/core/io.hpp"

namespace a2a_backup {

/// Errors are of kind `failed`.
class PostgresqlScript {
 public:
  /// Of all that the dump holds but the extensions in `present`: only their owner, often the
  /// administrator, may drop them. Makes a file beside `dump`.
  PostgresqlScript(const fs::path& dump, bool no_owner, const std::vector<std::string>& present);

  /// Its table of contents, in the lines of `pg_restore --list`.
  const std::vector<std::string>& contents() const { return contents_; }

  /// The statements that drop its objects, each with IF EXISTS.
  std::string drops() const;

  /// The script that creates them. Its reader throws when pg_restore fails, before the end.
  std::unique_ptr<Reader> open() const;

 private:
  /// Of pg_restore with these options.
  std::unique_ptr<Reader> output(std::vector<std::string> options) const;

  fs::path dump_;
  fs::path list_;
  bool no_owner_;
  std::vector<std::string> contents_;
};

}  // namespace a2a_backup
