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
#include "a2a_backup/source/pgbackrest_options.hpp"

namespace a2a_backup {

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
  std::string archive_id;  ///< "15-1"; empty without one
  std::string version;     ///< of PostgreSQL, "15"
};

/// Reads the output of `pgbackrest --stanza=STANZA --output=json info`. Throws Error of kind
/// `failed` when it is something else.
PgBackRestState parse_pgbackrest_info(std::string_view json, const std::string& stanza);

/// Where each ancestor of a timeline was left, from a history file "ID <tab> LSN <tab> reason".
std::map<unsigned, Lsn> parse_timeline_history(std::string_view text);

/// A piece of the log: all of it up to its end had been written when it was archived, in whole
/// seconds, rounded down.
struct Segment {
  std::string name;  ///< "000000010000000000000003"
  TimePoint archived;

  unsigned timeline() const;
};

/// What is in the archive of one cluster.
struct LogArchive {
  std::vector<Segment> segments;        ///< by name
  std::map<unsigned, TimePoint> began;  ///< timelines that have a history, and when it was archived

  /// When the newest segment was archived; nothing without one.
  std::optional<TimePoint> newest() const;
  /// The last segment of the timeline, or "".
  std::string last_of(unsigned timeline) const;
};

/// Reads the output of `pgbackrest --output=json --recurse repo-ls` of the archive's folder. Throws
/// Error of kind `failed` when it is something else.
LogArchive parse_archive_listing(std::string_view json);

struct PgBackRestRestore {
  fs::path folder;  ///< empty, there, and its owner's
  PgBackup backup;
  TimePoint target;
  std::string timeline;   ///< a number, or "current"
  bool archiving = true;  ///< false: the restored server keeps its log to itself
};

/// For an answer of the program, which is stopped then.
inline constexpr std::chrono::minutes pgbackrest_patience{5};

/// The program, for one stanza. Every function throws Error: kind `failed`, with what pgBackRest
/// said, and as hint what it advised.
class PgBackRest {
 public:
  explicit PgBackRest(PgBackRestOptions options) : options_(std::move(options)) {}

  PgBackRestState state() const;
  /// Empty when `state` knows of none.
  LogArchive archive(const PgBackRestState& state) const;
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
