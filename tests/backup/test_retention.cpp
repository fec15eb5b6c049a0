// SPDX-License-Identifier: MIT
#include <algorithm>

#include "backup/retention_samples.hpp"
#include "support.hpp"

using namespace a2a_backup;
using namespace a2a_backup::test;
using Lines = std::vector<std::string>;

namespace {

/// 2024, a leap year that ends on a Tuesday: a backup each night at two, and one by hand on each
/// Wednesday at three in the afternoon.
std::vector<BackupInfo> a_year() {
  std::vector<BackupInfo> backups;
  const TimePoint first = time_at("2024-01-01T02:00:00");
  for (int day = 0; day < 366; ++day) {
    backups.push_back(sample_at(first + std::chrono::days{day}));
    if (day % 7 == 2) {  // the year began on a Monday
      backups.push_back(sample_at(first + std::chrono::days{day} + std::chrono::hours{13}));
    }
  }
  REQUIRE(backups.size() == 366 + 52);
  return backups;
}

RetentionPolicy with(int RetentionPolicy::*rule, int count) {
  RetentionPolicy policy;
  policy.*rule = count;
  return policy;
}

}  // namespace

TEST_CASE("a year of nights keeps thirty days, twelve weeks and six months", "[retention]") {
  RetentionPolicy policy;
  policy.daily = 30;
  policy.weekly = 12;
  policy.monthly = 6;
  // Found with a calendar of 2024 and a pencil.
  const Lines expected{
      // The last thirty days; on a Wednesday the one by hand is the newest.
      "2024-12-31T02:00", "2024-12-30T02:00", "2024-12-29T02:00", "2024-12-28T02:00",
      "2024-12-27T02:00", "2024-12-26T02:00", "2024-12-25T15:00", "2024-12-24T02:00",
      "2024-12-23T02:00", "2024-12-22T02:00", "2024-12-21T02:00", "2024-12-20T02:00",
      "2024-12-19T02:00", "2024-12-18T15:00", "2024-12-17T02:00", "2024-12-16T02:00",
      "2024-12-15T02:00", "2024-12-14T02:00", "2024-12-13T02:00", "2024-12-12T02:00",
      "2024-12-11T15:00", "2024-12-10T02:00", "2024-12-09T02:00", "2024-12-08T02:00",
      "2024-12-07T02:00", "2024-12-06T02:00", "2024-12-05T02:00", "2024-12-04T15:00",
      "2024-12-03T02:00", "2024-12-02T02:00",
      // Sundays, but for the last days of November, October and September.
      "2024-12-01T02:00", "2024-11-30T02:00", "2024-11-24T02:00", "2024-11-17T02:00",
      "2024-11-10T02:00", "2024-11-03T02:00", "2024-10-31T02:00", "2024-10-27T02:00",
      "2024-10-20T02:00",
      // The last of each month; the last of July was a Wednesday.
      "2024-09-30T02:00", "2024-08-31T02:00", "2024-07-31T15:00"};
  CHECK(kept_times(a_year(), policy) == expected);
}

TEST_CASE("each rule alone over the year", "[retention]") {
  using Policy = RetentionPolicy;
  CHECK(kept_times(a_year(), with(&Policy::last, 3)) ==
        Lines{"2024-12-31T02:00", "2024-12-30T02:00", "2024-12-29T02:00"});
  CHECK(kept_times(a_year(), with(&Policy::hourly, 8)) ==
        Lines{"2024-12-31T02:00", "2024-12-30T02:00", "2024-12-29T02:00", "2024-12-28T02:00",
              "2024-12-27T02:00", "2024-12-26T02:00", "2024-12-25T15:00", "2024-12-25T02:00"});
  CHECK(kept_times(a_year(), with(&Policy::daily, 1)) == Lines{"2024-12-31T02:00"});
  CHECK(kept_times(a_year(), with(&Policy::weekly, 3)) ==
        Lines{"2024-12-31T02:00", "2024-12-29T02:00", "2024-12-22T02:00"});
  // February ends on the 29th. The rule has a place left, so the oldest stays too.
  CHECK(kept_times(a_year(), with(&Policy::monthly, 13)) ==
        Lines{"2024-12-31T02:00", "2024-11-30T02:00", "2024-10-31T02:00", "2024-09-30T02:00",
              "2024-08-31T02:00", "2024-07-31T15:00", "2024-06-30T02:00", "2024-05-31T02:00",
              "2024-04-30T02:00", "2024-03-31T02:00", "2024-02-29T02:00", "2024-01-31T15:00",
              "2024-01-01T02:00"});
  CHECK(kept_times(a_year(), with(&Policy::monthly, 12)).back() == "2024-01-31T15:00");
  CHECK(kept_times(a_year(), with(&Policy::yearly, 1)) == Lines{"2024-12-31T02:00"});
  CHECK(kept_times(a_year(), with(&Policy::daily, -1)).size() == 366);
  CHECK(kept_times(a_year(), with(&Policy::last, -1)).size() == 418);
  CHECK(kept_times(a_year(), with(&Policy::last, 1000)).size() == 418);
}

TEST_CASE("weeks are those of ISO 8601, also where the year ends in one", "[retention]") {
  const auto weekly = [](int count) { return with(&RetentionPolicy::weekly, count); };
  // 2020 has a week 53: Monday, December 28, to Sunday, January 3.
  const auto around_2021 = samples_at({"2020-12-20", "2020-12-27", "2020-12-28", "2020-12-31",
                                       "2021-01-01", "2021-01-03", "2021-01-04"});
  CHECK(kept_times(around_2021, weekly(2)) == Lines{"2021-01-04T00:00", "2021-01-03T00:00"});
  CHECK(kept_times(around_2021, weekly(3)) ==
        Lines{"2021-01-04T00:00", "2021-01-03T00:00", "2020-12-27T00:00"});
  CHECK(kept_times(around_2021, with(&RetentionPolicy::yearly, 2)) ==
        Lines{"2021-01-04T00:00", "2020-12-31T00:00"});
  // Monday, December 31, 2018 is in week 1 of 2019.
  const auto around_2019 = samples_at({"2018-12-23", "2018-12-30", "2018-12-31", "2019-01-06"});
  CHECK(kept_times(around_2019, weekly(2)) == Lines{"2019-01-06T00:00", "2018-12-30T00:00"});
  // A week before 1970 is a week.
  const auto around_1970 = samples_at({"1969-12-21", "1969-12-28", "1969-12-29", "1970-01-04"});
  CHECK(kept_times(around_1970, weekly(2)) == Lines{"1970-01-04T00:00", "1969-12-28T00:00"});
}

TEST_CASE("a day ends at midnight UTC, wherever the machine stands", "[retention]") {
  const std::string zone = GENERATE("UTC", "Europe/Berlin", "Pacific/Kiritimati");
  CAPTURE(zone);
  const Environment environment("TZ", zone);
  // In Berlin the first two are at 02:30 in the night in which the clock goes back.
  const auto backups =
      samples_at({"2024-10-26T23:59:59.999999", "2024-10-27T00:30:00", "2024-10-27T01:30:00",
                  "2024-10-27T23:59:59.999999", "2024-10-28T00:00:00"});
  CHECK(kept_times(backups, with(&RetentionPolicy::daily, 2)) ==
        Lines{"2024-10-28T00:00", "2024-10-27T23:59"});
  CHECK(kept_times(backups, with(&RetentionPolicy::hourly, 4)) ==
        Lines{"2024-10-28T00:00", "2024-10-27T23:59", "2024-10-27T01:30", "2024-10-27T00:30"});
}

TEST_CASE("within counts back from the newest backup, not from today", "[retention]") {
  RetentionPolicy policy;
  policy.within = std::chrono::days{7};
  const auto backups = samples_at(
      {"2024-01-20T02:00:00", "2024-01-13T02:00:01", "2024-01-13T02:00:00", "2024-01-01T02:00:00"});
  CHECK(verdicts(backups, policy) == Lines{"keep: newest good backup; within 7 days of the newest",
                                           "keep: within 7 days of the newest",
                                           "remove: no rule keeps it", "remove: no rule keeps it"});
  policy.within = std::chrono::hours{1};
  CHECK(verdicts(backups, policy).front() ==
        "keep: newest good backup; within 1 hour of the newest");
}

TEST_CASE("tags are kept by key or by key and value", "[retention]") {
  auto backups = samples_at({"2024-01-05", "2024-01-04", "2024-01-03", "2024-01-02"});
  backups[1].metadata->tags = {{"run", "nightly"}};
  backups[2].metadata->tags = {{"run", "release"}, {"by", "me=you"}};
  RetentionPolicy policy;
  policy.last = 1;
  policy.tags = {"run"};
  CHECK(verdicts(backups, policy) == Lines{"keep: newest good backup; last 1 of 1",
                                           "keep: tag run=nightly", "keep: tag run=release",
                                           "remove: no rule keeps it"});
  policy.tags = {"run=nightly", "by=me=you"};
  CHECK(verdicts(backups, policy)[2] == "keep: tag by=me=you");
  policy.tags = {"ru", "release", "run="};
  CHECK(verdicts(backups, policy)[1] == "remove: no rule keeps it");
}

TEST_CASE("a backup whose tags nobody can read is kept when tags are a rule", "[retention]") {
  auto backups = samples_at({"2024-01-05", "2024-01-04"});
  backups[1].state = BackupState::encrypted;
  backups[1].metadata.reset();
  RetentionPolicy policy;
  policy.last = 1;
  CHECK(verdicts(backups, policy)[1] == "remove: no rule keeps it");
  policy.tags = {"run"};
  CHECK(verdicts(backups, policy)[1] == "keep: encrypted, its tags cannot be read");
}

TEST_CASE("all rules add up, and each says which place it gave", "[retention]") {
  RetentionPolicy policy;
  policy.last = 2;
  policy.daily = 3;
  policy.yearly = -1;
  const auto backups =
      samples_at({"2024-03-02T12:00:00", "2024-03-02T06:00:00", "2024-03-02T02:00:00",
                  "2024-03-01T02:00:00", "2023-12-31T02:00:00", "2023-12-30T02:00:00"});
  CHECK(verdicts(backups, policy) ==
        Lines{"keep: newest good backup; last 1 of 2; daily 1 of 3; yearly 1", "keep: last 2 of 2",
              "remove: no rule keeps it", "keep: daily 2 of 3", "keep: daily 3 of 3; yearly 2",
              "keep: yearly 3, as the oldest"});
}

TEST_CASE("a rule with places left keeps the oldest, as long as it has", "[retention]") {
  const auto backups = samples_at(
      {"2024-03-02T12:00:00", "2024-03-01T12:00:00", "2024-03-01T06:00:00", "2024-03-01T02:00:00"});
  CHECK(verdicts(backups, with(&RetentionPolicy::daily, 3)) ==
        Lines{"keep: newest good backup; daily 1 of 3", "keep: daily 2 of 3",
              "remove: no rule keeps it", "keep: daily 3 of 3, as the oldest"});
  CHECK(kept_times(backups, with(&RetentionPolicy::daily, 2)) ==
        Lines{"2024-03-02T12:00", "2024-03-01T12:00"});
}

TEST_CASE("of equal times the one with the higher number is newer", "[retention]") {
  auto backups = samples_at({"2024-01-01", "2024-01-01", "2024-01-01"});
  backups[0].name = "a2a_backup_20240101_000000_9.zip";
  backups[1].name = "a2a_backup_20240101_000000_10.zip";
  std::sort(backups.begin(), backups.end(), [](auto& a, auto& b) { return a.name < b.name; });
  do {
    const auto decisions = apply_retention(backups, with(&RetentionPolicy::last, 2), much_later);
    CHECK(kept_names(decisions) ==
          Lines{"a2a_backup_20240101_000000_10.zip", "a2a_backup_20240101_000000_9.zip"});
  } while (std::next_permutation(backups.begin(), backups.end(),
                                 [](auto& a, auto& b) { return a.name < b.name; }));
  CHECK(kept_names(apply_retention(backups, with(&RetentionPolicy::daily, 1), much_later)) ==
        Lines{"a2a_backup_20240101_000000_10.zip"});
}

TEST_CASE("a clock that ran ahead pushes nothing out", "[retention]") {
  const auto backups =
      samples_at({"2035-01-02", "2035-01-01", "2024-01-03", "2024-01-02", "2024-01-01"});
  RetentionPolicy policy = with(&RetentionPolicy::last, 1);
  policy.within = std::chrono::hours{25};
  const Lines expected{"keep: dated in the future: look at the clock",
                       "keep: dated in the future: look at the clock",
                       "keep: newest good backup; last 1 of 1; within 25 hours of the newest",
                       "keep: within 25 hours of the newest", "remove: no rule keeps it"};
  CHECK(verdicts(backups, policy, time_at("2024-01-03T00:00:00")) == expected);
  // A clock that stands in the past: everything is ahead of it, and stays.
  CHECK(kept_times(backups, policy, time_at("1970-01-01")).size() == 5);
  CHECK(kept_times(backups, policy, time_at("2036-01-01")).size() == 2);
}

TEST_CASE("what is not ours, or is broken, stays and takes no place", "[retention]") {
  auto backups = samples_at({"2024-01-09", "2024-01-08", "2024-01-07", "2024-01-06", "2024-01-05",
                             "2024-01-04", "2024-01-03", "2024-01-02"});
  backups[0].name = "before-the-move.zip";
  backups[1].state = BackupState::artifact;
  backups[2].state = BackupState::broken;
  backups[3].link = true;
  backups[4].name = "holiday.zip";
  backups[4].state = BackupState::broken;
  backups[5].state = BackupState::legacy;
  CHECK(verdicts(backups, with(&RetentionPolicy::last, 1)) ==
        Lines{"keep: not ours", "keep: not ours: a zip around backups",
              "keep: broken: left for you to look at", "keep: not ours: a symbolic link",
              "keep: not ours", "keep: newest good backup; last 1 of 1", "remove: no rule keeps it",
              "remove: no rule keeps it"});
}

TEST_CASE("rules that keep nothing remove nothing", "[retention]") {
  RetentionPolicy policy;
  policy.tags = {"run=release"};
  const Error error = error_of([&] { kept_times(a_year(), policy); });
  CHECK(error.kind() == ErrorKind::refused);
  CHECK(error.message() == "no rule would keep a single backup, so none is removed");
  CHECK(verdicts(samples_at({"2024-01-01"}), policy) == Lines{"keep: newest good backup"});
  CHECK(kept_times({}, policy).empty());
  CHECK(RetentionPolicy{}.empty());
  CHECK(kept_times(a_year(), {}).size() == 418);
  CHECK(verdicts(samples_at({"2024-01-01"}), {}) == Lines{"keep: no rule is set"});
}
