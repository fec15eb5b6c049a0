// SPDX-License-Identifier: MIT
/// What is remembered of drills: that a backup was verified or restored, how it went and how long
/// it took. It lives in the backup folder, as `.a2a-backup-history.json`.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "a2a_backup/core/clock.hpp"
#include "a2a_backup/core/file.hpp"

namespace a2a_backup {

inline constexpr std::string_view history_name = ".a2a-backup-history.json";
/// More drills than this are not kept, the oldest go first.
inline constexpr std::size_t max_drills = 2000;

/// Tells an archive from one that took its place: its size and the time of its last change, which
/// cost no reading. One that is copied elsewhere is another archive, that nobody has verified; one
/// that decays on the disk is still the same, so a drill says what was true at its time.
struct ArchiveIdentity {
  std::uint64_t size = 0;
  std::int64_t mtime_ns = 0;
  bool operator==(const ArchiveIdentity&) const = default;
};
/// Nothing when there is no such regular file.
std::optional<ArchiveIdentity> identify_archive(const fs::path& archive);

enum class DrillKind : std::uint8_t {
  verify,   ///< every byte extracted and compared
  restore,  ///< the same, and put into place, live or in a new folder
};
std::string_view drill_name(DrillKind kind);

struct Drill {
  std::string backup;  ///< the archive's name in its folder
  ArchiveIdentity archive;
  DrillKind kind = DrillKind::verify;
  TimePoint time{};         ///< when it ended
  std::string problem;      ///< what was wrong with the archive; empty when it is good
  double seconds = 0;       ///< without the time in which a person was asked
  std::uint64_t bytes = 0;  ///< uncompressed

  bool ok() const { return problem.empty(); }
};

/// The drills of one folder, the newest last.
class History {
 public:
  History() = default;
  explicit History(std::vector<Drill> drills) : drills_(std::move(drills)) {}

  /// A missing file is an empty history. So is a damaged or unreadable one, with a warning.
  static History read(const fs::path& folder);

  const std::vector<Drill>& drills() const { return drills_; }
  /// The newest drill of this very archive, of either kind.
  std::optional<Drill> of(const std::string& backup, const ArchiveIdentity& archive) const;
  /// The newest drill of this kind that found its archive good, whether that is still there or not.
  std::optional<Drill> last_good(DrillKind kind) const;

  /// Adds one, in the place of an older one of its kind and name.
  void add(Drill drill);
  /// Forgets archives that are not in `folder` any more, but for the two of last_good().
  void forget_gone(const fs::path& folder);

 private:
  std::vector<Drill> drills_;
};

/// Adds the drill to the history of `folder`: reads it, writes a new one beside it, durably and
/// with mode 0600, and renames. Of two that do so at once the last one wins: a drill may be lost,
/// the file is always whole. It never throws and never fails its caller: in a folder that cannot be
/// written to nothing is remembered, and any other trouble is a warning.
void remember_drill(const fs::path& folder, Drill drill) noexcept;

/// One drill in progress. The clock runs from the constructor, where the archive's identity is
/// taken; an archive that has changed by the end, or that does not lie in the folder itself, leaves
/// no trace.
class DrillRecord {
 public:
  DrillRecord(fs::path folder, const fs::path& archive, DrillKind kind);

  /// While a person is asked.
  void pause();
  void resume();

  void good(std::uint64_t bytes);
  void bad(const std::string& problem);

 private:
  using Clock = std::chrono::steady_clock;
  void finish(std::uint64_t bytes, const std::string& problem);

  fs::path folder_;
  fs::path archive_;
  DrillKind kind_;
  std::optional<ArchiveIdentity> identity_;
  Clock::time_point started_;
  Clock::duration before_{};
};

}  // namespace a2a_backup
