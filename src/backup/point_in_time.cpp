// SPDX-License-Identifier: MIT
#include "a2a_backup/backup/point_in_time.hpp"

#include <algorithm>

#include "a2a_backup/core/clock.hpp"
#include "a2a_backup/core/interrupt.hpp"
#include "a2a_backup/core/prometheus.hpp"

namespace a2a_backup {
namespace {

void look(const PgBackRest& pgbackrest, PointInTime& found) {
  const PgBackRestState state = pgbackrest.state();
  found.problem = state.problem;
  if (!state.problem.empty()) found.hint = what_to_do(state);
  found.backups = state.backups.size();
  for (const PgBackup& backup : state.backups) {
    found.newest = backup;
    if (backup.type == "full") found.newest_full = backup;
  }
  if (state.backups.empty()) return;
  found.from = state.backups.front().usable_from();
  if (found.newest->damaged && found.good()) {
    found.problem = "pages of the database failed their checksums in backup " + found.newest->label;
    found.hint = "pgbackrest --stanza=" + state.stanza + " --set=" + found.newest->label +
                 " info names the files; look at the server's disk";
  }
  found.to = pgbackrest.archive(state).newest();
}

}  // namespace

std::string what_to_do(const PgBackRestState& state) {
  constexpr int no_stanza = 1;
  constexpr int no_backups = 2;
  if (state.code == no_stanza) {
    return "correct --pgbackrest-stanza or --pgbackrest-config, or set it up with "
           "scripts/pitr-setup";
  }
  if (state.code == no_backups) {
    return "take the first one: pgbackrest --stanza=" + state.stanza + " --type=full backup";
  }
  return "see what 'pgbackrest --stanza=" + state.stanza +
         " info' says, as the user of the PostgreSQL server";
}

PointInTime look_at_point_in_time(const PgBackRestOptions& options) {
  PointInTime found;
  found.stanza = options.stanza;
  try {
    look(PgBackRest(options), found);
  } catch (const Error& error) {
    if (is_signal(error)) throw;
    found.problem = error.message();
    found.hint = error.hint();
  }
  return found;
}

std::string format_metrics(const PointInTime& found, const std::string& labels) {
  const auto gauge = [&](std::string_view name, const std::string& help, const std::string& value) {
    return prometheus_gauge("a2a_backup_point_in_time_" + std::string(name), help, value, labels);
  };
  std::string text =
      gauge("good", "Whether pgBackRest finds nothing wrong.", found.good() ? "1" : "0");
  if (found.newest) {
    text += gauge("newest_timestamp_seconds", "When the newest backup of pgBackRest ended.",
                  std::to_string(unix_seconds(found.newest->stop)));
  }
  if (found.to) {
    text += gauge("end_timestamp_seconds", "The last moment that pgBackRest can bring back.",
                  std::to_string(unix_seconds(*found.to)));
  }
  return text;
}

ChosenTimeline timeline_at(const LogArchive& archive, TimePoint time) {
  // The first piece of the log that was complete after the moment has the moment in it. Not so a
  // piece of a timeline that began later: the server was down then, and had been on another.
  const Segment* holding = nullptr;
  const Segment* last_before = nullptr;
  for (const Segment& each : archive.segments) {
    const auto began = archive.began.find(each.timeline());
    if (began != archive.began.end() && began->second > time) continue;
    if (each.archived + std::chrono::seconds{1} > time) {
      if (holding == nullptr || each.archived < holding->archived) holding = &each;
    } else if (last_before == nullptr || each.archived >= last_before->archived) {
      last_before = &each;
    }
  }
  if (holding == nullptr) holding = last_before;
  const unsigned id = holding == nullptr ? 1U : holding->timeline();
  return {id, archive.began.contains(id)};
}

std::optional<PgBackup> backup_before(const std::vector<PgBackup>& backups, TimePoint time,
                                      unsigned timeline, const std::map<unsigned, Lsn>& history) {
  std::optional<PgBackup> newest;
  for (const PgBackup& backup : backups) {
    if (backup.usable_from() > time) continue;
    // What an ancestor wrote after it was left belongs to a past that was given up.
    const auto left = history.find(backup.timeline);
    const bool leads_there =
        backup.timeline == timeline || (left != history.end() && backup.stop_lsn <= left->second);
    if (leads_there) newest = backup;
  }
  return newest;
}

}  // namespace a2a_backup
