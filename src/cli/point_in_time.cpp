// SPDX-License-Identifier: MIT
#include "a2a_backup/cli/point_in_time.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "a2a_backup/cli/confirmation.hpp"
#include "a2a_backup/cli/output.hpp"
#include "a2a_backup/cli/progress_bar.hpp"
#include "a2a_backup/core/log.hpp"
#include "a2a_backup/core/text.hpp"

namespace a2a_backup {
namespace {

using Json = nlohmann::ordered_json;

Json time_to_json(const std::optional<TimePoint>& time) {
  return time ? Json(format_rfc3339(*time)) : Json();
}

std::optional<TimePoint> stop_of(const std::optional<PgBackup>& backup) {
  return backup ? std::optional(backup->stop) : std::nullopt;
}

TimePoint target_time(const std::string& text) {
  if (const auto time = parse_time(text)) return *time;
  throw Error(
      ErrorKind::usage, "--at is '" + printable(text) + "', which is not a time",
      "write it in UTC, like 2025-07-11T01:18Z or 2025-07-11T01:18:32.5Z, or with an offset "
      "such as +02:00");
}

Json to_json(const PointInTimePlan& plan, const PointInTimeOptions& options) {
  return {{"stanza", options.pgbackrest.stanza},
          {"target", format_rfc3339(options.target)},
          {"backup", plan.backup.label},
          {"backup_time", format_rfc3339(plan.backup.stop)},
          {"timeline", plan.timeline.id},
          {"from", format_rfc3339(plan.from)},
          {"to", format_rfc3339(plan.to)},
          {"data_dir", plan.data.string()},
          {"copy", plan.copy},
          {"server_pid", plan.server ? Json(*plan.server) : Json()},
          {"size", plan.backup.size},
          {"kept", plan.kept.empty() ? Json() : Json(plan.kept.string())}};
}

void print_plan(const PointInTimePlan& plan, const PointInTimeOptions& options) {
  print("restore of the PostgreSQL server to " + format_rfc3339(options.target) + "\n" +
        "  backup    " + plan.backup.label + " of " + format_readable(plan.backup.stop) + ", " +
        format_bytes(plan.backup.size) + ", and the log from there on (timeline " +
        std::to_string(plan.timeline.id) + ")\n" + "  data      " + plan.data.string() +
        (plan.copy     ? ", a copy, whose server will not archive its log\n"
         : plan.server ? ", whose server runs (process " + std::to_string(*plan.server) +
                             ") and must be stopped first\n"
                       : ", whose server is stopped, and must stay so meanwhile\n") +
        (plan.kept.empty() ? "  keep      nothing: there is no present data directory\n"
                           : "  keep      the present one, as " + plan.kept.string() + "\n"));
}

/// How to take it back: in words for a shell, with the new data directory kept as well.
std::string way_back(const PointInTimePlan& plan) {
  const std::string data = shell_word(plan.data.string());
  return "mv " + data + " " + shell_word(plan.data.string() + ".undone") + " && mv " +
         shell_word(plan.kept.string()) + " " + data;
}

void print_done(const PointInTimePlan& plan, const PointInTimeOptions& options,
                const PointInTimeResult& result, const GlobalOptions& global) {
  if (!result.proven) {
    log::warn(
        "there is no PostgreSQL of this version here to try the restore with; it comes to the "
        "wanted moment when the server is started");
  }
  if (!result.last_transaction.empty()) {
    log::warn("nothing was changed between " + result.last_transaction + " and the wanted moment");
  }
  if (global.json) {
    Json json = to_json(plan, options);
    json["done"] = true;
    json["proven"] = result.proven;
    json["start"] = result.start_command;
    json["undo"] = plan.kept.empty() ? Json() : Json(way_back(plan));
    return print_json({{"point_in_time", json}});
  }
  print(std::string("done") +
        (result.proven ? ", and proven: the server came to that moment" : "") +
        "\nstart it:        " + result.start_command + "\n");
  if (!plan.kept.empty()) print("take it back:    (server stopped) " + way_back(plan) + "\n");
  print("when all is well: take a new full backup" +
        (plan.kept.empty() ? std::string("\n") : ", and remove " + plan.kept.string() + "\n"));
}

}  // namespace

std::optional<PointInTime> point_in_time(const GlobalOptions& global) {
  if (global.pgbackrest.stanza.empty()) return std::nullopt;
  return look_at_point_in_time(global.pgbackrest);
}

void print_point_in_time(const PointInTime& found) {
  std::string line = "point in time: pgBackRest stanza " + found.stanza;
  if (found.backups > 0) {
    line += ", " + plural(found.backups, "backup");
    if (found.newest_full) line += ", newest full " + format_readable(found.newest_full->stop);
  }
  if (found.from) line += ", any moment from " + format_readable(*found.from);
  if (found.to) line += " to " + format_readable(*found.to);
  if (!found.good()) line += ", PROBLEM: " + found.problem;
  print(line + "\n");
  if (!found.hint.empty()) print("  hint: " + found.hint + "\n");
}

Json point_in_time_to_json(const PointInTime& found) {
  Json json{{"stanza", found.stanza},
            {"ok", found.good()},
            {"backups", found.backups},
            {"newest", time_to_json(stop_of(found.newest))},
            {"newest_full", time_to_json(stop_of(found.newest_full))},
            {"from", time_to_json(found.from)},
            {"to", time_to_json(found.to)}};
  if (!found.good()) {
    json["problem"] = found.problem;
    json["hint"] = found.hint;
  }
  return json;
}

void require_point_in_time(const PointInTime& found, std::optional<std::chrono::seconds> limit,
                           const std::string& max_age) {
  const std::string name = "pgBackRest stanza " + found.stanza;
  if (!found.good()) throw Error(ErrorKind::check, name + ": " + found.problem, found.hint);
  if (!limit) return;
  const auto age = now() - found.newest.value_or(PgBackup{}).stop;
  if (found.newest && age <= *limit) return;
  throw Error(ErrorKind::check,
              name +
                  (found.newest ? ": the newest backup is " + format_age(age) + " old"
                                : std::string(": there is no backup")) +
                  ", the limit is " + max_age,
              "take one with pgbackrest --stanza=" + found.stanza +
                  " backup, and see why the last runs did not");
}

CLI::Option* add_point_in_time_options(CLI::App& command, PointInTimeFlags& flags) {
  auto* at = command
                 .add_option("--at", flags.at,
                             "Put the PostgreSQL server back to this moment, by pgBackRest")
                 ->type_name("TIME");
  command
      .add_option("--pg-data", flags.data,
                  "With --at: the server's data directory (default: pgBackRest's pg1-path)")
      ->type_name("DIR");
  return at;
}

void run_point_in_time_restore(const PointInTimeFlags& flags, const HookFlags& hooks, bool dry_run,
                               const GlobalOptions& global) {
  const PointInTimeOptions options{global.pgbackrest, target_time(flags.at), flags.data,
                                   global.lock_timeout()};
  if (options.pgbackrest.stanza.empty()) {
    throw Error(ErrorKind::usage, "--at needs pgBackRest, and no stanza is named",
                "name it with --pgbackrest-stanza NAME; scripts/pitr-setup makes one");
  }
  PointInTimeRestore restore(options);
  if (!global.json) print_plan(restore.plan(), options);
  if (dry_run) {
    if (global.json) print_json({{"point_in_time", to_json(restore.plan(), options)}});
    return;
  }
  if (hooks.before.empty()) restore.require_stopped();
  confirm(global, "replace the data of the PostgreSQL server",
          "Go ahead? The present data directory is kept.");
  with_hooks(hooks, "restore", [&] {
    ProgressBar bar(global);
    const PointInTimeResult result = restore.commit(bar);
    bar.clear();
    print_done(restore.plan(), options, result, global);
    return HookFacts{};
  });
}

}  // namespace a2a_backup
