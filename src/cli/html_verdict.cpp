// SPDX-License-Identifier: MIT
#include "a2a_backup/cli/html_verdict.hpp"

#include <algorithm>

#include "a2a_backup/core/text.hpp"

namespace a2a_backup {
namespace {

std::size_t count_broken(const Report& report) {
  return static_cast<std::size_t>(
      std::count_if(report.backups.begin(), report.backups.end(),
                    [](const ReportedBackup& backup) { return !backup.problem().empty(); }));
}

void remark_on_broken(const Report& report, Verdict& verdict) {
  const std::size_t broken = count_broken(report);
  if (broken == 0) return;
  if (!report.backups.front().problem().empty()) {
    verdict.remarks.emplace_back("The newest file is not a good backup.");
  }
  verdict.remarks.push_back(plural(broken, "file") + (broken == 1 ? " is" : " are") +
                            " not what a backup should be; see below.");
}

/// "3 days" of "26h" and the like.
std::string limit_of(const Report& report) {
  const std::chrono::seconds limit = report.max_age;
  const auto hours = std::chrono::duration_cast<std::chrono::hours>(limit);
  if (hours >= std::chrono::hours{1} && hours < std::chrono::hours{48} && hours == limit) {
    return plural(static_cast<std::uint64_t>(hours.count()), "hour");
  }
  return format_age(limit);
}

void judge_age(const Report& report, const ReportedBackup& newest, Verdict& verdict) {
  const auto age = report.time - newest.info.time;
  if (age < std::chrono::seconds{-60}) {
    verdict.level = VerdictLevel::attention;
    verdict.sentence = "The newest good backup bears a time in the future";
    verdict.remarks.emplace_back("A clock is wrong, so its age is not known.");
  } else if (age <= report.max_age) {
    verdict.level = VerdictLevel::good;
    const auto shown = std::max<std::chrono::microseconds>(age, std::chrono::microseconds{0});
    verdict.sentence = "The newest good backup is " + format_age(shown) + " old";
  } else {
    verdict.level = VerdictLevel::bad;
    verdict.sentence = "No good backup for " + format_age(age);
    verdict.remarks.push_back("There should be one every " + limit_of(report) + ".");
  }
}

/// They are a second line beside the backups, so they alone make nothing bad.
void remark_on_moments(const Report& report, Verdict& verdict) {
  if (!report.moments) return;
  if (!report.moments->good()) {
    verdict.remarks.emplace_back("Something is wrong with pgBackRest; see below.");
  } else if (report.moments->newest &&
             report.time - report.moments->newest->stop > report.max_age) {
    verdict.remarks.push_back("The newest backup of pgBackRest is " +
                              format_age(report.time - report.moments->newest->stop) + " old.");
  }
}

std::string word_of(VerdictLevel level) {
  if (level == VerdictLevel::good) return "All right";
  return level == VerdictLevel::attention ? "Look at this" : "Not all right";
}

}  // namespace

const ReportedBackup* newest_good(const Report& report) {
  const auto found =
      std::find_if(report.backups.begin(), report.backups.end(),
                   [](const ReportedBackup& b) { return b.good() && b.info.time != TimePoint{}; });
  return found == report.backups.end() ? nullptr : &*found;
}

Verdict judge(const Report& report) {
  Verdict verdict;
  if (const ReportedBackup* newest = newest_good(report)) {
    judge_age(report, *newest, verdict);
  } else {
    verdict.sentence = report.backups.empty() ? "There is no backup" : "There is no good backup";
  }
  remark_on_broken(report, verdict);
  remark_on_moments(report, verdict);
  if (verdict.level == VerdictLevel::good && !verdict.remarks.empty()) {
    verdict.level = VerdictLevel::attention;
  }
  verdict.word = word_of(verdict.level);
  return verdict;
}

}  // namespace a2a_backup
