// SPDX-License-Identifier: MIT
/// The history of the backups as one page for people: are they all right, since when, how large,
/// how long does a restore take.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "a2a_backup/backup/catalog.hpp"
#include "a2a_backup/backup/history.hpp"
#include "a2a_backup/backup/point_in_time.hpp"

namespace a2a_backup {

struct ReportedBackup {
  BackupInfo info;
  std::optional<Drill> drill;  ///< the last one of this very archive

  /// One that could be restored, as far as is known: it is usable, and no drill found otherwise.
  bool good() const { return info.usable() && (!drill || drill->ok()); }
  /// Why it is not good; empty for an artifact, which is neither good nor broken.
  std::string problem() const;
};

struct Report {
  std::string place;                           ///< where the backups live, without secrets
  TimePoint time{};                            ///< when it was made: ages count from here
  std::chrono::seconds max_age{26 * 60 * 60};  ///< the newest good backup may be this old
  std::vector<ReportedBackup> backups;         ///< newest first, as list_backups() gives them
  std::optional<Drill> last_verify;            ///< the last that went well
  std::optional<Drill> last_restore;
  std::optional<PointInTime> moments;  ///< what pgBackRest has, where it is used
};

/// The backups with what the history knows of each. `folder` is where their archives lie, to tell
/// one that was replaced after its drill; empty when they lie elsewhere, where nothing is
/// remembered.
Report make_report(std::string place, const fs::path& folder, std::vector<BackupInfo> backups,
                   const History& history, TimePoint time);

/// The report of all backups in `store`, whose archives lie in `folder`, as of now.
Report collect_report(const Store& store, const fs::path& folder);

/// The page, from nothing but `report`: HTML in UTF-8 that needs no network, no script and no other
/// file, and forbids them by its own Content-Security-Policy. It can be served as it is. All text
/// of others is escaped with html_escape(). About 20 KB and 0.6 KB for each backup.
std::string format_html_report(const Report& report);

/// Whether a file that begins with `start` (1 KiB is enough) is such a page.
bool is_html_report(std::string_view start);

}  // namespace a2a_backup
