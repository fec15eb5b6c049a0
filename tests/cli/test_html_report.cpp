// SPDX-License-Identifier: MIT
#include "a2a_backup/cli/html_calendar.hpp"
#include "a2a_backup/cli/html_report.hpp"
#include "a2a_backup/cli/html_verdict.hpp"
#include "catch.hpp"
#include "support.hpp"

using namespace a2a_backup;
using namespace a2a_backup::test;
using Catch::Matchers::ContainsSubstring;

namespace {

const TimePoint noon = parse_time("2026-11-24T12:00:00Z").value();

ReportedBackup backup(std::chrono::hours age, std::uint64_t tasks = 5) {
  ReportedBackup reported;
  reported.info.time = noon - age;
  reported.info.name = "a2a_backup_" + format_compact(reported.info.time) + ".zip";
  reported.info.size = 1000;
  reported.info.state = BackupState::good;
  reported.info.metadata.emplace();
  reported.info.metadata->tool = "a2a-backup 0.1.0";
  reported.info.metadata->tasks.emplace();
  reported.info.metadata->tasks->total = tasks;
  return reported;
}

ReportedBackup broken(std::chrono::hours age, const std::string& problem = "is cut off") {
  ReportedBackup reported = backup(age);
  reported.info.state = BackupState::broken;
  reported.info.problem = problem;
  reported.info.metadata.reset();
  return reported;
}

Report report_of(std::vector<ReportedBackup> backups) {
  Report report;
  report.place = "backups";
  report.time = noon;
  report.backups = std::move(backups);
  return report;
}

using std::chrono::hours;

}  // namespace

TEST_CASE("pgBackRest's backups are remarked on when something is the matter", "[html]") {
  Report report = report_of({backup(hours{3})});
  report.moments.emplace();
  report.moments->newest.emplace();
  report.moments->newest->stop = noon - hours{26};
  CHECK(judge(report).level == VerdictLevel::good);
  report.moments->newest->stop = noon - hours{27};
  CHECK(judge(report).level == VerdictLevel::attention);
  CHECK(judge(report).remarks ==
        std::vector<std::string>{"The newest backup of pgBackRest is 1 day old."});
  report.moments->problem = "no <valid> backups";
  CHECK(judge(report).level == VerdictLevel::attention);
  CHECK_THAT(format_html_report(report), ContainsSubstring("no &lt;valid&gt; backups"));
}

TEST_CASE("the sentence says what is the matter", "[html]") {
  const auto says = [](const Report& report) {
    const Verdict verdict = judge(report);
    return verdict.word + ": " + verdict.sentence;
  };
  CHECK(says(report_of({})) == "Not all right: There is no backup");
  CHECK(says(report_of({broken(hours{1})})) == "Not all right: There is no good backup");
  CHECK(says(report_of({backup(hours{3})})) == "All right: The newest good backup is 3 hours old");
  CHECK(says(report_of({backup(hours{26})})) == "All right: The newest good backup is 1 day old");
  CHECK(says(report_of({backup(hours{80})})) == "Not all right: No good backup for 3 days");
  CHECK(says(report_of({broken(hours{1}), backup(hours{3})})) ==
        "Look at this: The newest good backup is 3 hours old");
  CHECK(says(report_of({backup(hours{-3})})) ==
        "Look at this: The newest good backup bears a time in the future");
  Report weekly = report_of({backup(hours{80})});
  weekly.max_age = hours{8 * 24};
  CHECK(says(weekly) == "All right: The newest good backup is 3 days old");
}

TEST_CASE("a backup that a drill found broken is not good", "[html]") {
  ReportedBackup bad = backup(hours{1});
  bad.drill = Drill{bad.info.name, {}, DrillKind::verify, noon, "is damaged", 1, 0};
  const Report report = report_of({bad, backup(hours{50})});
  CHECK(judge(report).sentence == "No good backup for 2 days");
  CHECK_THAT(format_html_report(report), ContainsSubstring("is damaged"));
  CHECK(calendar_days(report).back().broken == 1);
}

TEST_CASE("the calendar has every day from the first backup to today", "[html]") {
  CHECK(calendar_days(report_of({})).empty());
  // 12:00, 11:00 and 00:00 of today, 23:00 of yesterday, and one of the day before that is broken.
  const std::vector<CalendarDay> days =
      calendar_days(report_of({backup(hours{0}), backup(hours{1}), backup(hours{12}),
                               backup(hours{13}), broken(hours{40}), backup(hours{24 * 4})}));
  REQUIRE(days.size() == 5);
  const std::vector<unsigned> good{1, 0, 0, 1, 3};
  for (std::size_t i = 0; i < days.size(); ++i) {
    CHECK(days[i].good == good[i]);
    CHECK(days[i].broken == (i == 2 ? 1U : 0U));
  }
  const std::vector<CalendarGap> gaps = calendar_gaps(days);
  REQUIRE(gaps.size() == 1);
  CHECK(format_day(gaps[0].first) == "Sat 21 Nov 2026");
  CHECK(format_day(gaps[0].last) == "Sun 22 Nov 2026");
}

TEST_CASE("the calendar ends today and begins a year ago at most", "[html]") {
  const Report report = report_of({backup(hours{-48}), backup(hours{30}), backup(hours{24 * 900})});
  const std::vector<CalendarDay> days = calendar_days(report);
  CHECK(format_day(days.back().date) == "Tue 24 Nov 2026");
  CHECK(format_day(days.front().date) == "Mon 24 Nov 2025");
  CHECK(days.front().good == 0);
  // Today is not over, so it is no gap yet.
  CHECK(calendar_gaps(days).front().last != days.back().date);
}

TEST_CASE("what others wrote is escaped wherever it stands", "[html]") {
  const std::string evil = "<script>alert(\"1\")</script>'\x1b\xff\u202e";
  ReportedBackup named = backup(hours{3});
  named.info.name = evil + ".zip";
  named.info.metadata->host = evil;
  named.info.metadata->tags[evil] = evil;
  named.info.metadata->tool = evil;
  named.info.metadata->version = evil;
  ReportedBackup bad = broken(hours{5}, evil);
  bad.info.name = evil;
  Report report = report_of({named, bad});
  report.place = evil;
  report.last_verify = Drill{evil, {}, DrillKind::verify, noon, "", 1, 10};
  report.last_restore = report.last_verify;
  const std::string page = format_html_report(report);
  CHECK(page.find("<script") == std::string::npos);
  CHECK(page.find("alert(\"1\")") == std::string::npos);
  CHECK(page.find('\x1b') == std::string::npos);
  CHECK(page.find('\xff') == std::string::npos);
  CHECK(page.find("\u202e") == std::string::npos);
  CHECK_THAT(page, ContainsSubstring("&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&#39;"));
}

TEST_CASE("the page is known by its beginning and forbids what it does not need", "[html]") {
  const std::string page = format_html_report(report_of({backup(hours{3})}));
  CHECK(is_html_report(page.substr(0, 1024)));
  CHECK(!is_html_report("<!doctype html>\n<html lang=en>\n<meta charset=utf-8>\n<title>x"));
  CHECK(!is_html_report(""));
  CHECK_THAT(page, ContainsSubstring("content=\"default-src 'none'; style-src 'sha256-"));
  CHECK(page.find("style=") == std::string::npos);
  CHECK(page.find("http-equiv=refresh") == std::string::npos);
}

TEST_CASE("a page of the same report is the same page", "[html]") {
  const Report report = report_of({backup(hours{3}), broken(hours{30}), backup(hours{60}, 9)});
  CHECK(format_html_report(report) == format_html_report(report));
}

TEST_CASE("the report says which drills are of this very archive", "[html]") {
  const TempDir folder;
  BackupInfo info = backup(hours{3}).info;
  info.name = "a.zip";
  write_text(folder / "a.zip", "0123456789");
  const Drill drill{"a.zip", *identify_archive(folder / "a.zip"), DrillKind::verify, noon, "", 2,
                    9};
  const History history({drill});
  CHECK(make_report("x", folder.path(), {info}, history, noon).backups[0].drill);
  write_text(folder / "a.zip", "another one");
  const Report replaced = make_report("x", folder.path(), {info}, history, noon);
  CHECK(!replaced.backups[0].drill);
  CHECK(replaced.last_verify->seconds == 2);
}

TEST_CASE("a page of 40 backups stays small", "[html]") {
  std::vector<ReportedBackup> backups;
  for (int i = 0; i < 40; ++i) {
    backups.push_back(backup(hours{24 * i + 3}));
    backups.back().info.metadata->tags["run"] = "nightly";
  }
  CHECK(format_html_report(report_of(backups)).size() < 40'000);
}
