// SPDX-License-Identifier: MIT
/// What pgBackRest keeps of a PostgreSQL server, asked through its program. The JSON of `info` and
/// `repo-ls` is described in pgBackRest's command reference, https://pgbackrest.org/command.html,
/// which promises to keep it stable; timelines and their history files in PostgreSQL's manual,
/// chapter "Continuous Archiving and Point-in-Time Recovery".
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "a2a_backup/core/clock.hpp"
#include "a2a_backup/core/file.hpp"
#include "a2a_backup/core/subprocess.hpp"

namespace a2a_backup {

struct PgBackRestOptions {
  std::string stanza;  ///< empty: there is none, and nothing is asked
  std::string config;  ///< its configuration file; empty for its usual one
};

/// A position in the write-ahead log: "0/3000050" is 0x3000050.
using Lsn = std::uint64_t;

struct PgBackup {
  std::string label;  ///< "20261126-200907F"
  std::string type;   ///< "full", "diff" or "incr"
  TimePoint stop;     ///< when it was complete, in whole seconds, rounded down
  unsigned timeline = 0;
  Lsn stop_lsn = 0;
  std::uint64_t size = 0;  ///< bytes of the data directory
  bool damaged = false;    ///< pages failed their checksums while it was taken

  /// The first second in which it can surely serve as the base of a restore.
  TimePoint usable_from() const { return stop + std::chrono::seconds{1}; }
};

/// The answer of `info` about one stanza, as far as it concerns the present cluster, in the first
/// repository that is well.
struct PgBackRestState {
  std::string stanza;
  std::string problem;            ///< empty when pgBackRest calls the stanza "ok"
  int code = 0;                   ///< pgBackRest's status: 0 ok, 1 no stanza, 2 no backups, ...
  std::vector<PgBackup> backups;  ///< oldest first; without those that need no archive
  unsigned repository = 1;
  bool several_repositories = false;
  std::string archive_id;    ///< "15-1"; empty without one
  std::string last_segment;  ///< the last in the archive, "000000010000000000000003", or empty
  std::string version;       ///< of PostgreSQL, "15"
};

/// Reads the output of `pgbackrest --stanza=STANZA --output=json info`. Throws Error of kind
/// `failed` when it is something else.
PgBackRestState parse_pgbackrest_info(std::string_view json, const std::string& stanza);

/// Where each ancestor of a timeline was left, from a history file "ID <tab> LSN <tab> reason".
std::map<unsigned, Lsn> parse_timeline_history(std::string_view text);

/// A timeline other than the first, and when it began: when its history was archived.
struct Timeline {
  unsigned id = 0;
  TimePoint began;
};

struct PgBackRestRestore {
  fs::path folder;  ///< empty, there, and its owner's
  PgBackup backup;
  TimePoint target;
  std::string timeline;  ///< a number, or "current"
};

/// The program, for one stanza. Every function throws Error: kind `failed`, with what pgBackRest
/// said, and as hint what it advised.
class PgBackRest {
 public:
  explicit PgBackRest(PgBackRestOptions options) : options_(std::move(options)) {}

  PgBackRestState state() const;
  /// When the last segment came into the archive, in whole seconds; nothing without one.
  std::optional<TimePoint> last_archived(const PgBackRestState& state) const;
  /// Oldest first.
  std::vector<Timeline> timelines(const PgBackRestState& state) const;
  std::map<unsigned, Lsn> history(const PgBackRestState& state, unsigned timeline) const;
  /// pg1-path, as it is configured.
  std::optional<fs::path> data_directory() const;

  /// Runs as `owner`, see words_as(). What it wrote so far stays when it fails.
  void restore(const PgBackRestState& state, const PgBackRestRestore& order, uid_t owner) const;

 private:
  std::vector<std::string> words(const PgBackRestState* state,
                                 const std::vector<std::string>& more) const;
  std::string ask(std::vector<std::string> words) const;

  PgBackRestOptions options_;
};

/// "0000000N.history".
std::string history_file(unsigned timeline);

}  // namespace a2a_backup
