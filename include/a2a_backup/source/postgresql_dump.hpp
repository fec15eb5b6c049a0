// SPDX-License-Identifier: MIT
/// A dump of a PostgreSQL database in pg_dump's custom format, made and read by its own programs.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "a2a_backup/core/error.hpp"
#include "a2a_backup/core/file.hpp"
#include "a2a_backup/core/io.hpp"

namespace a2a_backup {

/// Whether pg_restore is there. Without it a dump can be kept and compared, not read.
bool can_read_dumps();

/// The table of contents, in the lines of `pg_restore --list`. Throws Error of `kind`, calling it
/// `name`, when it cannot be read; of kind `failed` when a newer pg_dump made it.
std::vector<std::string> list_dump(const fs::path& file, const std::string& name, ErrorKind kind);
/// The same for bytes that are read once; not all of them are.
std::vector<std::string> list_dump(std::unique_ptr<Reader> bytes, const std::string& name,
                                   ErrorKind kind);

/// Reads every block of every table, as a restore would. Throws like list_dump().
void check_dump(const fs::path& file, const std::string& name, ErrorKind kind);

}  // namespace a2a_backup
