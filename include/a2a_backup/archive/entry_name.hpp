// SPDX-License-Identifier: MIT
/// The names that a backup and its entries may have, and no others.
#pragma once

#include <string>
#include <string_view>

namespace a2a_backup {

/// How the archives themselves are called: a2a_backup_YYYYMMDD_HHMMSS.zip, encrypted ones .zip.age.
inline constexpr std::string_view backup_prefix = "a2a_backup_";
inline constexpr std::string_view archive_suffix = ".zip";
inline constexpr std::string_view encrypted_suffix = ".zip.age";

/// Whether a file name ends as that of an archive or an encrypted archive.
bool is_archive_name(std::string_view name);

/// Whether it is a name that this program gives to an archive, or that its Python ancestor gave:
/// a2a_backup_YYYYMMDD_HHMMSS[_N].zip with N from 2, encrypted with ".age" behind it.
bool is_backup_name(std::string_view name);

inline constexpr std::string_view metadata_entry = "backup_metadata.json";
inline constexpr std::string_view sqlite_entry = "database/a2a_system.db";
inline constexpr std::string_view postgresql_entry = "database/a2a_system.dump";
inline constexpr std::string_view shared_prefix = "shared/";

/// Why `name` cannot be an entry of a backup, as the end of a sentence; empty when it can.
/// Allowed are the three fixed names above and `shared/<name>.json`, where <name> is 1 to 100
/// ASCII letters, digits, `_`, `-`, `.` or spaces, starts with a letter, digit or `_`, and is not
/// a device name of Windows: what every file system can hold and no shell or terminal mistakes.
std::string entry_name_problem(std::string_view name);

}  // namespace a2a_backup
