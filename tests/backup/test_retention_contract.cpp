// SPDX-License-Identifier: MIT
// Whatever there is and whatever is asked for: the promises of apply_retention().
#include <algorithm>
#include <random>
#include <set>

#include "backup/retention_samples.hpp"
#include "support.hpp"

using namespace a2a_backup;
using namespace a2a_backup::test;

namespace {

const TimePoint today = time_at("2025-07-11T12:00:00");

class Dice {
 public:
  explicit Dice(unsigned seed) : generator_(seed) {}
  int roll(int lowest, int highest) {
    return std::uniform_int_distribution<int>(lowest, highest)(generator_);
  }
  bool one_in(int count) { return roll(1, count) == 1; }

 private:
  std::mt19937 generator_;
};

BackupInfo random_backup(Dice& dice) {
  // Often in one hour, mostly in three years, sometimes ahead of the clock.
  const int hours = dice.one_in(3) ? dice.roll(0, 2) : dice.roll(-200, 26'000);
  BackupInfo backup = sample_at(today - std::chrono::hours{hours} -
                                std::chrono::minutes{dice.one_in(2) ? 0 : dice.roll(0, 59)});
  if (dice.one_in(8)) backup.name = "foreign" + std::to_string(dice.roll(1, 9)) + ".zip";
  if (dice.one_in(8)) backup.link = true;
  if (dice.one_in(5)) backup.state = static_cast<BackupState>(dice.roll(0, 3));
  if (dice.one_in(6)) backup.metadata->tags["run"] = dice.one_in(2) ? "release" : "nightly";
  return backup;
}

/// With names that differ, as those of files do.
std::vector<BackupInfo> random_backups(Dice& dice) {
  std::vector<BackupInfo> backups;
  std::set<std::string> names;
  const int count = dice.roll(0, 40);
  for (int i = 0; i < count; ++i) {
    BackupInfo backup = random_backup(dice);
    if (names.insert(backup.name).second) backups.push_back(std::move(backup));
  }
  return backups;
}

RetentionPolicy random_policy(Dice& dice) {
  RetentionPolicy policy;
  for (int* count : {&policy.last, &policy.hourly, &policy.daily, &policy.weekly, &policy.monthly,
                     &policy.yearly}) {
    if (dice.one_in(3)) *count = dice.roll(-1, 12);
  }
  if (dice.one_in(4)) policy.within = std::chrono::hours{dice.roll(0, 5'000)};
  if (dice.one_in(4)) policy.tags = {dice.one_in(2) ? "run" : "run=release"};
  return policy;
}

bool removable(const BackupInfo& backup) {
  return backup.name.starts_with("a2a_backup_") && !backup.link && backup.usable() &&
         backup.time <= today;
}

std::vector<BackupInfo> without_removed(const std::vector<RetentionDecision>& decisions) {
  std::vector<BackupInfo> backups;
  for (const RetentionDecision& decision : decisions) {
    if (decision.keep) backups.push_back(decision.backup);
  }
  return backups;
}

void check_promises(const std::vector<BackupInfo>& backups, const RetentionPolicy& policy) {
  const auto decisions = apply_retention(backups, policy, today);
  REQUIRE(decisions.size() == backups.size());
  bool newest = true;
  for (const RetentionDecision& decision : decisions) {
    CAPTURE(decision.backup.name, decision.reasons);
    CHECK(!decision.reasons.empty());
    const bool ours = removable(decision.backup);
    if (!ours || newest) CHECK(decision.keep);
    newest = newest && !ours;
  }
  // The newest that anybody would restore is kept, wherever its name comes from.
  const auto good = std::find_if(decisions.begin(), decisions.end(),
                                 [](const auto& decision) { return decision.backup.usable(); });
  if (good != decisions.end()) CHECK(good->keep);
  const auto again = apply_retention(without_removed(decisions), policy, today);
  CHECK(kept_names(again) == kept_names(decisions));
}

}  // namespace

TEST_CASE("whatever the policy, the newest good backup stays", "[retention]") {
  int refused = 0;
  for (unsigned seed = 1; seed <= 3000; ++seed) {
    CAPTURE(seed);
    Dice dice(seed);
    const auto backups = random_backups(dice);
    const RetentionPolicy policy = random_policy(dice);
    try {
      check_promises(backups, policy);
    } catch (const Error& error) {
      CHECK(error.kind() == ErrorKind::refused);
      CHECK(!policy.tags.empty());
      ++refused;
    }
  }
  CHECK(refused < 300);
}
