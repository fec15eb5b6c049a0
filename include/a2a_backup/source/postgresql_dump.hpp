// SPDX-License-Identifier: MIT
/// A dump of a PostgreSQL database in pg_dump's custom format, made and read by its own programs.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "a2a_backup/core/error.hpp"
#include "a2a_backup/core/file.hpp"
#include "a2a_backup/core/io.hpp"
#include "a2a_backup/source/postgresql_url.hpp"

namespace a2a_backup {

/// Whether pg_restore is there. Without it a dump can be kept and compared, not read.
bool can_read_dumps();

/// The table of contents, in the lines of `pg_restore --list`. Throws Error of `kind`, calling it
/// `name`, when it cannot be read; of kind `failed` when a newer pg_dump made it.
std::vector<std::string> list_dump(const fs::path& file, const std::string& name, ErrorKind kind);
/// The same for bytes that are read once; not all of them are.
std::vector<std::string> list_dump(std::unique_ptr<Reader> bytes, const std::string& name,
                                   ErrorKind kind);

/// Reads every block of every table, as a restore would, and counts the rows. Throws like
/// list_dump().
std::map<std::string, std::uint64_t> count_rows(const fs::path& dump, const std::string& name,
                                                ErrorKind kind);

/// SHA-256 of what the dump restores, which the time of the dump and the programs' versions are not
/// part of: equal for equal content in equal order. Throws like list_dump().
std::string digest_of_content(const fs::path& file, const std::string& name, ErrorKind kind);

/// Dumps a live database into the new file `file`. Throws Error like PostgresqlSource.
void dump_postgresql(const PostgresqlUrl& url, const fs::path& file,
                     std::chrono::milliseconds lock_timeout);

}  // namespace a2a_backup
