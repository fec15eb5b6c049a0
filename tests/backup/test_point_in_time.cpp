// SPDX-License-Identifier: MIT
#include "a2a_backup/backup/point_in_time.hpp"
#include "catch.hpp"

using namespace a2a_backup;
using namespace std::chrono;

namespace {

TimePoint at(int hour, int minute = 0) {
  return TimePoint{sys_days{July / 11 / 2025}} + hours{hour} + minutes{minute};
}

PgBackup backup(const std::string& label, TimePoint stop, unsigned timeline, Lsn lsn) {
  PgBackup result;
  result.label = label;
  result.stop = stop;
  result.timeline = timeline;
  result.stop_lsn = lsn;
  return result;
}

std::string chosen(const std::vector<PgBackup>& backups, TimePoint time, unsigned timeline,
                   const std::map<unsigned, Lsn>& history = {}) {
  const auto found = backup_before(backups, time, timeline, history);
  return found ? found->label : "none";
}

}  // namespace

TEST_CASE("the newest backup before the moment is the base", "[point_in_time]") {
  const std::vector<PgBackup> backups{backup("a", at(1), 1, 10), backup("b", at(2), 1, 20)};
  CHECK(chosen(backups, at(0, 59), 1) == "none");
  // The second in which it ended may hold its end or not.
  CHECK(chosen(backups, at(1) + milliseconds{999}, 1) == "none");
  CHECK(chosen(backups, at(1) + seconds{1}, 1) == "a");
  CHECK(chosen(backups, at(2), 1) == "a");
  CHECK(chosen(backups, at(3), 1) == "b");
  CHECK(chosen({}, at(3), 1) == "none");
}

TEST_CASE("a moment is on the timeline that the server was on then", "[point_in_time]") {
  // At 12 o'clock the server was put back to 10; at 14 o'clock that was taken back.
  const LogArchive archive{{{"000000010000000000000001", at(10)},
                            {"000000010000000000000002", at(11)},
                            {"000000010000000000000003", at(11, 30)},
                            {"000000010000000000000004", at(15)},
                            {"000000020000000000000002", at(12, 30)},
                            {"000000020000000000000003", at(13, 30)}},
                           {{2, at(12)}}};
  CHECK(timeline_at(archive, at(9)).word() == "current");
  CHECK(timeline_at(archive, at(10, 30)).id == 1);
  CHECK(timeline_at(archive, at(11, 30)).id == 1);
  CHECK(timeline_at(archive, at(12)).word() == "2");
  CHECK(timeline_at(archive, at(13)).word() == "2");
  CHECK(timeline_at(archive, at(14, 30)).word() == "current");
  CHECK(timeline_at(archive, at(16)).id == 1);
  CHECK(timeline_at({}, at(16)).word() == "current");
}

TEST_CASE("while the server was down, a moment is on the timeline it had been on",
          "[point_in_time]") {
  const LogArchive archive{
      {{"000000010000000000000001", at(10)}, {"000000020000000000000001", at(13)}}, {{2, at(12)}}};
  CHECK(timeline_at(archive, at(11)).id == 1);
  CHECK(timeline_at(archive, at(12, 30)).id == 2);
}

TEST_CASE("a backup of a past that was given up is no base", "[point_in_time]") {
  const std::vector<PgBackup> backups{backup("a", at(9), 1, 100), backup("b", at(11), 1, 300),
                                      backup("c", at(13), 2, 250)};
  const std::map<unsigned, Lsn> left{{1, 200}};  // timeline 2 leaves 1 between a and b
  CHECK(chosen(backups, at(12, 30), 2, left) == "a");
  CHECK(chosen(backups, at(14), 2, left) == "c");
  CHECK(chosen(backups, at(11, 30), 1) == "b");
  CHECK(chosen(backups, at(14), 1) == "b");
}
