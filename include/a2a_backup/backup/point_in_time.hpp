// SPDX-License-Identifier: MIT
/// Any moment of the past, by pgBackRest's archive of a PostgreSQL server's log: what there is,
/// which part of it leads to a moment, and the way back there.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "a2a_backup/core/file_lock.hpp"
#include "a2a_backup/core/progress.hpp"
#include "a2a_backup/source/pg_cluster.hpp"
#include "a2a_backup/source/pgbackrest.hpp"

namespace a2a_backup {

/// What `list` and `verify` show.
struct PointInTime {
  std::string stanza;
  std::string problem;  ///< empty when all is well
  std::string hint;     ///< what to do about the problem
  std::size_t backups = 0;
  std::optional<PgBackup> newest;
  std::optional<PgBackup> newest_full;
  std::optional<TimePoint> from;  ///< any moment from here
  std::optional<TimePoint> to;    ///< to here; the log is in the archive so far

  bool good() const { return problem.empty(); }
};

/// The hint for the problem that `state` has.
std::string what_to_do(const PgBackRestState& state);

/// What goes wrong is part of the answer. Throws only when a signal came.
PointInTime look_at_point_in_time(const PgBackRestOptions& options);

/// The gauges a2a_backup_point_in_time_*, as docs/monitoring.md names them; `labels` as
/// prometheus_gauge() takes them.
std::string format_metrics(const PointInTime& found, const std::string& labels = {});

/// The timeline that the server was on at `time`, and how to name it to PostgreSQL.
struct ChosenTimeline {
  unsigned id = 1;
  bool has_history = false;
  std::string word() const { return has_history ? std::to_string(id) : "current"; }
};
ChosenTimeline timeline_at(const LogArchive& archive, TimePoint time);

/// The newest backup from which the log leads to `time` on `timeline`, whose ancestors were left as
/// `history` says; nothing when there is none.
std::optional<PgBackup> backup_before(const std::vector<PgBackup>& backups, TimePoint time,
                                      unsigned timeline, const std::map<unsigned, Lsn>& history);

struct PointInTimeOptions {
  PgBackRestOptions pgbackrest;
  TimePoint target;
  std::string data;  ///< the data directory; empty for pgBackRest's pg1-path
  std::chrono::milliseconds lock_timeout{10'000};
};

struct PointInTimePlan {
  PgBackup backup;
  ChosenTimeline timeline;
  TimePoint from;
  TimePoint to;
  fs::path data;   ///< the data directory, without links
  fs::path fresh;  ///< where the restore happens, beside it
  fs::path kept;   ///< where the present data directory goes; empty when there is none
  uid_t owner = 0;
  bool copy = false;  ///< not the data directory that pgBackRest knows: it must not archive
  std::optional<pid_t> server;  ///< the process that uses the data directory, which must stop
};

struct PointInTimeResult {
  bool proven = false;           ///< the server was tried; else no program of its version was found
  std::string last_transaction;  ///< not empty: the archive ends there, before the moment
  std::string start_command;
};

/// One restore. The constructor looks and plans; nothing is changed before commit().
class PointInTimeRestore {
 public:
  /// Throws Error: `not_found` for a moment that the archive does not reach; `busy` while the
  /// server runs; `refused` for a data directory that cannot be replaced, or is another user's;
  /// `failed` when there is not room for both, or pgBackRest fails.
  explicit PointInTimeRestore(PointInTimeOptions options);

  const PointInTimePlan& plan() const { return plan_; }

  /// Throws Error of kind `busy` while a server uses the data directory.
  void require_stopped() const;

  /// Restores beside the data directory, tries the server there, and then lets the two change
  /// places in one step. Throws Error of kind `rolled_back` when something fails: the data
  /// directory is then the old one, and nothing is left of the new one. A signal has the same end.
  PointInTimeResult commit(Progress& progress);

 private:
  void find_data_directory();
  void choose();
  void require_place() const;
  void require_whole_log(const RecoveryResult& recovery) const;
  void change_places() const;
  PointInTimeResult restore_and_prove(Progress& progress);

  PointInTimeOptions options_;
  PgBackRest pgbackrest_;
  PgBackRestState state_;
  LogArchive archive_;
  PointInTimePlan plan_;
};

}  // namespace a2a_backup
