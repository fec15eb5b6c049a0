// SPDX-License-Identifier: MIT
/// What a committed restore has promised to do, on disk before it does the first bit of it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "a2a_backup/core/clock.hpp"
#include "a2a_backup/core/file.hpp"
#include "a2a_backup/source/database_replacement.hpp"

namespace a2a_backup {

/// What stands, or is to stand, in a live place.
enum class Content : std::uint8_t {
  absent,        ///< nothing
  file,          ///< a plain file, moved by name
  database,      ///< a sound SQLite file, taken over page by page where the live one can be opened
  raw_database,  ///< the bytes of a database that could not be opened, with its -wal and -journal
  postgresql,    ///< a dump, restored into the server's database
};

/// One version of a live file, kept in a work area.
struct Slot {
  Content content = Content::absent;
  fs::path file;             ///< unless absent
  std::string sha256;        ///< when the file was put there; empty where that cannot be known
  DatabaseState state = {};  ///< of a PostgreSQL database
  bool no_owner = false;     ///< of a PostgreSQL database, see PostgresqlDump
};

struct Target {
  std::string entry;  ///< the entry's name in a backup
  fs::path live;      ///< absolute; of a PostgreSQL database its URL without a password
  fs::path area;      ///< the work area from which a rename reaches `live`
  Slot fresh;
  Slot old;
};

struct Journal {
  std::uint64_t number = 0;  ///< counts the restores of this root; names the undo folder
  TimePoint created{};
  std::string what;             ///< "restore of a2a_backup_20250711_011832.zip"
  std::vector<Target> targets;  ///< the database first
};

/// Commits: writes the journal so that it is there whole or not at all, also after a power cut.
void write_journal(const fs::path& root, const Journal& journal);

/// The journal of a restore that is under way; nothing when there is none. Throws Error of kind
/// `failed` when it is there and its checksum is wrong.
std::optional<Journal> read_journal(const fs::path& root);

/// The restore is done: its journal becomes the manifest of its undo folder, in one rename.
void retire_journal(const fs::path& root, const Journal& journal);

/// The restore is undone: its journal goes.
void drop_journal(const fs::path& root);

/// What the newest finished restore replaced; nothing when there is none.
std::optional<Journal> read_undo(const fs::path& root);

/// Throws Error of kind `pending` when a restore was interrupted and waits for a decision.
void refuse_while_pending(const fs::path& root);

}  // namespace a2a_backup
