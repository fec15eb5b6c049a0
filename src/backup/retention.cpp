// SPDX-License-Identifier: MIT
#include "a2a_backup/backup/retention.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "a2a_backup/archive/entry_name.hpp"
#include "a2a_backup/core/text.hpp"

namespace a2a_backup {
namespace {

using namespace std::chrono;

TimePoint hour_of(TimePoint time) {
  return floor<hours>(time);
}
TimePoint day_of(TimePoint time) {
  return floor<days>(time);
}
TimePoint week_of(TimePoint time) {
  const sys_days day = floor<days>(time);
  return day - (weekday(day) - Monday);
}
TimePoint month_of(TimePoint time) {
  const year_month_day date(floor<days>(time));
  return sys_days(date.year() / date.month() / 1);
}
TimePoint year_of(TimePoint time) {
  return sys_days(year_month_day(floor<days>(time)).year() / January / 1);
}

std::string in_words(seconds length) {
  if (length % days{1} == seconds{0})
    return plural(static_cast<std::uint64_t>(length / days{1}), "day");
  return plural(static_cast<std::uint64_t>(length / hours{1}), "hour");
}

/// Keeps the first backup that it sees of each period, while it has places left.
class CountingRule {
 public:
  /// Gives the start of the period that a time lies in. Without one every backup is its own.
  using PeriodOf = TimePoint (*)(TimePoint);

  CountingRule(std::string name, int places, PeriodOf period_of)
      : name_(std::move(name)), places_(places), period_of_(period_of) {}

  /// Why this one is kept; empty when this rule does not. Called from the newest to the oldest.
  std::string judge(TimePoint time, bool oldest) {
    if (places_ >= 0 && taken_ >= places_) return {};
    const std::optional<TimePoint> period =
        period_of_ == nullptr ? std::nullopt : std::optional(period_of_(time));
    const bool fresh = !period || period != last_period_;
    if (!fresh && !oldest) return {};
    last_period_ = period;
    ++taken_;
    return name_ + " " + std::to_string(taken_) +
           (places_ < 0 ? "" : " of " + std::to_string(places_)) + (fresh ? "" : ", as the oldest");
  }

 private:
  std::string name_;
  int places_;
  PeriodOf period_of_;
  int taken_ = 0;
  std::optional<TimePoint> last_period_;
};

/// Every rule of a policy, asked about one backup after the other, the newest first.
class Rules {
 public:
  Rules(const RetentionPolicy& policy, TimePoint newest)
      : policy_(policy),
        newest_(newest),
        counting_{CountingRule("last", policy.last, nullptr),
                  CountingRule("hourly", policy.hourly, hour_of),
                  CountingRule("daily", policy.daily, day_of),
                  CountingRule("weekly", policy.weekly, week_of),
                  CountingRule("monthly", policy.monthly, month_of),
                  CountingRule("yearly", policy.yearly, year_of)} {}

  std::vector<std::string> judge(const BackupInfo& backup, bool oldest) {
    std::vector<std::string> reasons;
    for (CountingRule& rule : counting_) {
      if (std::string reason = rule.judge(backup.time, oldest); !reason.empty()) {
        reasons.push_back(std::move(reason));
      }
    }
    if (newest_ - backup.time < policy_.within) {
      reasons.push_back("within " + in_words(policy_.within) + " of the newest");
    }
    judge_tags(backup, reasons);
    return reasons;
  }

 private:
  void judge_tags(const BackupInfo& backup, std::vector<std::string>& reasons) const {
    if (backup.state == BackupState::encrypted && !policy_.tags.empty()) {
      reasons.emplace_back("encrypted, its tags cannot be read");
    }
    if (!backup.metadata) return;
    for (const std::string& wanted : policy_.tags) {
      for (const auto& [key, value] : backup.metadata->tags) {
        const std::string tag = key + "=" + value;
        if (wanted == key || wanted == tag) reasons.push_back("tag " + tag);
      }
    }
  }

  const RetentionPolicy& policy_;
  TimePoint newest_;
  std::array<CountingRule, 6> counting_;
};

/// Why the rules are not asked about it; empty when they are.
std::string exemption(const BackupInfo& backup, TimePoint time) {
  if (!is_backup_name(backup.name)) return "not ours";
  if (backup.link) return "not ours: a symbolic link";
  if (backup.state == BackupState::artifact) return "not ours: a zip around backups";
  if (!backup.usable()) return "broken: left for you to look at";
  if (backup.time > time) return "dated in the future: look at the clock";
  return {};
}

/// The rules over those that they apply to, the newest first. True when one kept something.
bool apply_rules(const std::vector<RetentionDecision*>& ours, const RetentionPolicy& policy) {
  Rules rules(policy, ours.front()->backup.time);
  bool any = false;
  for (RetentionDecision* decision : ours) {
    decision->reasons = rules.judge(decision->backup, decision == ours.back());
    decision->keep = !decision->reasons.empty();
    any = any || decision->keep;
  }
  RetentionDecision& newest = *ours.front();
  newest.keep = true;
  newest.reasons.insert(newest.reasons.begin(), "newest good backup");
  return any;
}

}  // namespace

bool RetentionPolicy::empty() const {
  return last == 0 && hourly == 0 && daily == 0 && weekly == 0 && monthly == 0 && yearly == 0 &&
         within == seconds{0} && tags.empty();
}

std::vector<RetentionDecision> apply_retention(std::vector<BackupInfo> backups,
                                               const RetentionPolicy& policy, TimePoint time) {
  std::sort(backups.begin(), backups.end(), is_newer);
  std::vector<RetentionDecision> decisions;
  decisions.reserve(backups.size());
  std::vector<RetentionDecision*> ours;
  for (BackupInfo& backup : backups) {
    const std::string exempt = exemption(backup, time);
    RetentionDecision& decision = decisions.emplace_back();
    decision.backup = std::move(backup);
    if (exempt.empty()) {
      ours.push_back(&decision);
    } else {
      decision.reasons.push_back(exempt);
    }
  }
  if (ours.empty()) return decisions;
  if (policy.empty()) {
    for (RetentionDecision* decision : ours) decision->reasons.emplace_back("no rule is set");
    return decisions;
  }
  if (!apply_rules(ours, policy) && ours.size() > 1) {
    throw Error(ErrorKind::refused, "no rule would keep a single backup, so none is removed",
                "correct --keep-tag, or add a rule such as --keep-last 10");
  }
  for (RetentionDecision* decision : ours) {
    if (!decision->keep) decision->reasons.emplace_back("no rule keeps it");
  }
  return decisions;
}

}  // namespace a2a_backup
