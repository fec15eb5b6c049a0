// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "a2a_backup/backup/point_in_time.hpp"
#include "a2a_backup/core/account.hpp"
#include "a2a_backup/core/interrupt.hpp"
#include "a2a_backup/core/space_needs.hpp"
#include "a2a_backup/core/text.hpp"
#include "a2a_backup/source/pg_cluster.hpp"
#include "recovery_settings.hpp"
#include "restore_folder.hpp"

namespace a2a_backup {
namespace {

/// For the log that recovery fetches, beside the data itself.
constexpr std::uint64_t room_for_log = std::uint64_t{128} << 20;

Error out_of_window(const PointInTimePlan& plan, const std::string& what) {
  return {ErrorKind::not_found, what,
          plan.server
              ? "the server runs, and has the newest of its log still to itself: stop it, and "
                "all of it comes into the archive"
              : "name a moment in between; see 'a2a-backup list'"};
}

/// The user whom a data directory that is not there would belong to.
uid_t owner_of(const fs::path& data) {
  if (const auto status = stat_path(data)) return status->st_uid;
  const auto parent = stat_path(data.parent_path());
  if (!parent) {
    throw Error(ErrorKind::refused, "there is no folder " + data.parent_path().string(),
                "make it, and give it to the user of the PostgreSQL server");
  }
  if (geteuid() != 0) return geteuid();
  if (parent->st_uid != 0) return parent->st_uid;
  throw Error(ErrorKind::refused,
              "there is no " + data.string() + ", and so it is not known whose it should be",
              "make it an empty folder of the user of the PostgreSQL server");
}

/// For the user that runs this, who may be root, which pg_ctl refuses to be.
std::string start_command(const PgLaunch& launch, const PointInTimePlan& plan) {
  // /etc/postgresql/15/main is the cluster that Debian's units call 15-main.
  const fs::path cluster = launch.config.parent_path();
  if (!plan.copy && cluster.parent_path().parent_path() == "/etc/postgresql") {
    return "systemctl start postgresql@" + cluster.parent_path().filename().string() + "-" +
           cluster.filename().string();
  }
  const std::string data = plan.data.string();
  const fs::path folder = launch.program.parent_path();
  std::string command = shell_word((folder / "pg_ctl").string()) + " -D " + shell_word(data);
  if (!launch.config.empty()) {
    command += " -o " + shell_word("-c config_file=" + shell_word(launch.config.string()) +
                                   " -c data_directory=" + shell_word(data));
  }
  command += " start";
  return geteuid() == plan.owner ? command
                                 : "runuser -u " + account_name(plan.owner) + " -- " + command;
}

void rename_path(const fs::path& from, const fs::path& to, unsigned flags = 0) {
  if (renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), flags) == 0) return;
  throw system_error(ErrorKind::failed, "cannot rename " + from.string() + " to " + to.string(),
                     errno);
}

}  // namespace

PointInTimeRestore::PointInTimeRestore(PointInTimeOptions options)
    : options_(std::move(options)), pgbackrest_(options_.pgbackrest), state_(pgbackrest_.state()) {
  if (state_.backups.empty()) {
    throw Error(ErrorKind::not_found,
                "pgBackRest stanza " + state_.stanza + ": " +
                    (state_.problem.empty() ? "there are no backups" : state_.problem),
                what_to_do(state_));
  }
  find_data_directory();
  choose();
  require_place();
}

void PointInTimeRestore::choose() {
  const PgBackRestState& state = state_;
  const TimePoint target = options_.target;
  archive_ = pgbackrest_.archive(state);
  const auto last = archive_.newest();
  if (!last) {
    throw Error(ErrorKind::not_found,
                "the archive of pgBackRest stanza " + state.stanza + " is empty",
                what_to_do(state));
  }
  plan_.from = state.backups.front().usable_from();
  // Its time is known in whole seconds, rounded down.
  plan_.to = *last + std::chrono::seconds{1};
  const std::string window =
      "any moment from " + format_readable(plan_.from) + " to " + format_readable(plan_.to);
  const std::string what =
      "pgBackRest stanza " + state.stanza + " does not reach " + format_readable(target) + ": ";
  if (target < plan_.from || target > plan_.to) throw out_of_window(plan_, what + window);
  plan_.timeline = timeline_at(archive_, target);
  const auto history = plan_.timeline.has_history ? pgbackrest_.history(state, plan_.timeline.id)
                                                  : std::map<unsigned, Lsn>{};
  const auto backup = backup_before(state.backups, target, plan_.timeline.id, history);
  if (!backup) {
    throw out_of_window(
        plan_, what + "no backup is older on timeline " + std::to_string(plan_.timeline.id));
  }
  plan_.backup = *backup;
}

void PointInTimeRestore::find_data_directory() {
  const fs::path known = pgbackrest_.data_directory().value_or(fs::path());
  fs::path data = options_.data.empty() ? known : fs::path(options_.data);
  if (data.empty()) {
    throw Error(ErrorKind::usage,
                "pgBackRest stanza " + state_.stanza + " does not say where the data directory is",
                "name it with --pg-data DIR, or set pg1-path in pgBackRest's configuration");
  }
  data = fs::weakly_canonical(data);
  if (!data.has_filename()) data = data.parent_path();
  plan_.data = data;
  plan_.copy = !known.empty() && data != fs::weakly_canonical(known);
  plan_.owner = owner_of(data);
  words_as(plan_.owner, {});  // refuses other users
  const std::string now_text = format_compact(now());
  plan_.fresh = data.string() + ".restore-" + now_text;
  plan_.server = running_server(data);
  const auto present = stat_path(data);
  if (present && !fs::is_empty(data)) plan_.kept = data.string() + ".before-" + now_text;
  if (!plan_.kept.empty() && !stat_path(data / "PG_VERSION")) {
    throw Error(ErrorKind::refused, data.string() + " is not a data directory of PostgreSQL",
                "name the right one with --pg-data DIR");
  }
}

/// That the present data directory can be kept, beside the new one.
void PointInTimeRestore::require_place() const {
  const fs::path& data = plan_.data;
  const auto present = stat_path(data);
  if (present && present->st_dev != stat_path(data.parent_path())->st_dev) {
    throw Error(ErrorKind::refused,
                data.string() +
                    " is a file system of its own, and cannot be "
                    "renamed",
                "restore into a folder of it by hand: pgbackrest restore --type=time --delta");
  }
  const fs::path tablespaces = data / "pg_tblspc";
  if (stat_path(tablespaces) && !fs::is_empty(tablespaces)) {
    throw Error(
        ErrorKind::refused,
        "the server has tablespaces outside of " + data.string() + ", which could not be kept",
        "restore by hand: pgbackrest restore --type=time --tablespace-map-all=DIR");
  }
  SpaceNeeds needs;
  needs.add(data.parent_path(), plan_.backup.size + room_for_log);
  needs.require("to restore beside the present data directory",
                "free some space; what an earlier restore kept is called " +
                    data.filename().string() + ".before-*");
}

void PointInTimeRestore::require_stopped() const {
  const auto pid = running_server(plan_.data);
  if (!pid) return;
  throw Error(ErrorKind::busy,
              "the PostgreSQL server of " + plan_.data.string() + " runs (process " +
                  std::to_string(*pid) + ")",
              "stop it first: what it writes from now on would be lost");
}

/// In one step, where the file system has it; then the old one gets the name that it is kept under.
/// A failure in the middle is taken back.
void PointInTimeRestore::change_places() const {
  const fs::path& fresh = plan_.fresh;
  const fs::path& data = plan_.data;
  if (plan_.kept.empty()) {
    rename_path(fresh, data);
  } else if (renameat2(AT_FDCWD, fresh.c_str(), AT_FDCWD, data.c_str(), RENAME_EXCHANGE) == 0) {
    try {
      rename_path(fresh, plan_.kept, RENAME_NOREPLACE);
    } catch (const Error&) {
      rename_path(fresh, data, RENAME_EXCHANGE);
      throw;
    }
  } else {
    rename_path(data, plan_.kept);
    try {
      rename_path(fresh, data);
    } catch (const Error&) {
      rename_path(plan_.kept, data);
      throw;
    }
  }
  sync_dir(data.parent_path());
}

/// That the server stopped because there is no more, and not because it could not have the next.
void PointInTimeRestore::require_whole_log(const RecoveryResult& recovery) const {
  const std::string last = archive_.last_of(plan_.timeline.id);
  if (recovery.last_segment == last) return;
  throw Error(ErrorKind::failed,
              "the archive of the log has a hole: the server came to " +
                  (recovery.last_segment.empty() ? "none of it" : recovery.last_segment) + " of " +
                  last,
              "see what 'pgbackrest --stanza=" + state_.stanza +
                  " verify' says, and try an earlier moment");
}

PointInTimeResult PointInTimeRestore::restore_and_prove(Progress& progress) {
  PointInTimeResult result;
  progress.phase("restore", 0);
  pgbackrest_.restore(
      state_, {plan_.fresh, plan_.backup, options_.target, plan_.timeline.word(), !plan_.copy},
      plan_.owner);
  // A copy is tried as the original would be.
  const fs::path original = plan_.copy ? pgbackrest_.data_directory().value() : plan_.data;
  const PgLaunch launch = launch_of(original, state_.version);
  result.start_command = start_command(launch, plan_);
  progress.phase("recover", 0);
  if (!launch.program.empty()) {
    RecoveryResult recovery = try_recovery(launch, plan_.fresh, plan_.owner);
    if (recovery.outcome == Recovery::too_short) {
      require_whole_log(recovery);
      result.last_transaction = recovery.last_transaction;
      aim_at_the_end(plan_.fresh, recovery.last_lsn);
      recovery = try_recovery(launch, plan_.fresh, plan_.owner);
    }
    if (recovery.outcome == Recovery::too_short) {
      throw Error(ErrorKind::failed, "the archive ends before the wanted moment");
    }
    result.proven = true;
  }
  rename_in_settings(plan_.fresh, plan_.data);
  return result;
}

PointInTimeResult PointInTimeRestore::commit(Progress& progress) {
  const FileLock lock(plan_.data.parent_path(), FileLock::Mode::exclusive, options_.lock_timeout);
  require_stopped();
  const RestoreFolder fresh(plan_.fresh, plan_.data, plan_.owner);
  try {
    PointInTimeResult result = restore_and_prove(progress);
    require_stopped();
    check_interrupt();
    const InterruptShield shield;
    change_places();
    return result;
  } catch (...) {
    const Error error = current_error();
    if (is_signal(error)) throw;
    throw Error(
        ErrorKind::rolled_back,
        error.message() + "; " +
            (plan_.kept.empty() ? "nothing was restored" : plan_.data.string() + " is as it was"),
        error.hint());
  }
}

}  // namespace a2a_backup
