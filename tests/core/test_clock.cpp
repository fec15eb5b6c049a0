// SPDX-License-Identifier: MIT
#include "a2a_backup/core/clock.hpp"
#include "catch.hpp"

using namespace a2a_backup;
using namespace std::chrono;

namespace {

const TimePoint example =
    sys_days{July / 11 / 2025} + hours{1} + minutes{18} + seconds{32} + microseconds{46'675};

std::string parsed(const std::string& text, bool end_of_day = false) {
  const auto time = parse_time(text, end_of_day);
  return time ? format_rfc3339(*time) : "nothing";
}

}  // namespace

TEST_CASE("a time is written in three forms, all UTC", "[clock]") {
  CHECK(format_rfc3339(example) == "2025-07-11T01:18:32.046675Z");
  CHECK(format_compact(example) == "20250711_011832");
  CHECK(format_readable(example) == "2025-07-11 01:18:32 UTC");
}

TEST_CASE("a time before 1970 is rounded down, not towards zero", "[clock]") {
  CHECK(format_rfc3339(TimePoint{microseconds{-1}}) == "1969-12-31T23:59:59.999999Z");
  CHECK(format_compact(TimePoint{microseconds{-1}}) == "19691231_235959");
}

TEST_CASE("now is the time of the system's clock", "[clock]") {
  const auto before = floor<microseconds>(system_clock::now());
  const TimePoint time = now();
  CHECK(time >= before);
  CHECK(time <= system_clock::now());
}

TEST_CASE("a written time is read back exactly", "[clock]") {
  CHECK(parse_time(format_rfc3339(example)) == example);
  const TimePoint early = sys_days{January / 1 / 1000};
  CHECK(parse_time(format_rfc3339(early)) == early);
}

TEST_CASE("times are read as Python, people and other tools write them", "[clock]") {
  // datetime.now().isoformat(), with and without microseconds
  CHECK(parsed("2025-07-11T01:18:32.046675") == "2025-07-11T01:18:32.046675Z");
  CHECK(parsed("2025-07-11T01:18:32") == "2025-07-11T01:18:32.000000Z");
  // datetime.now(timezone.utc).isoformat()
  CHECK(parsed("2025-07-11T01:18:32.046675+00:00") == "2025-07-11T01:18:32.046675Z");
  CHECK(parsed("2025-07-11 01:18:32") == "2025-07-11T01:18:32.000000Z");
  CHECK(parsed("2025-07-11T01:18") == "2025-07-11T01:18:00.000000Z");
  CHECK(parsed("2025-07-11T01:18Z") == "2025-07-11T01:18:00.000000Z");
  CHECK(parsed("2025-07-11T01:18:32.5Z") == "2025-07-11T01:18:32.500000Z");
}

TEST_CASE("an offset is taken off, over midnight too", "[clock]") {
  CHECK(parsed("2025-07-11T01:18:32+02:00") == "2025-07-10T23:18:32.000000Z");
  CHECK(parsed("2025-07-10T20:48:32-04:30") == "2025-07-11T01:18:32.000000Z");
  CHECK(parsed("2025-12-31T23:30:00-0100") == "2026-01-01T00:30:00.000000Z");
}

TEST_CASE("a date is its first or its last moment", "[clock]") {
  CHECK(parsed("2025-07-11") == "2025-07-11T00:00:00.000000Z");
  CHECK(parsed("2025-07-11", true) == "2025-07-11T23:59:59.999999Z");
  CHECK(parsed("2024-02-29", true) == "2024-02-29T23:59:59.999999Z");
  // A time of day is not a date, whatever is asked.
  CHECK(parsed("2025-07-11T00:00", true) == "2025-07-11T00:00:59.999999Z");
}

TEST_CASE("what is not a time is nothing", "[clock]") {
  const auto text =
      GENERATE(as<std::string>{}, "", "latest", "2025", "2025-07", "2025-7-11", "20250711",
               "2025/07/11", "2025-13-01", "2025-00-10", "2025-02-29", "2025-06-31", "2025-07-11T",
               "2025-07-11T01", "2025-07-11T24:00", "2025-07-11T01:60", "2025-07-11T01:18:61",
               "2025-07-11T01:18:32.", "2025-07-11T01:18:32.1234567", "2025-07-11T01:18:32+2:00",
               "2025-07-11T01:18:32+25:00", "2025-07-11T01:18:32Zulu", "2025-07-11Z", " 2025-07-11",
               "2025-07-11 ", "2025-07-11x01:18", "-025-07-11", "2025-07-1a", "2025-07-11T+1:18");
  CAPTURE(text);
  CHECK(parsed(text) == "nothing");
}

TEST_CASE("a minus sign is no digit", "[clock]") {
  const auto text =
      GENERATE(as<std::string>{}, "-000-07-11", "2025-07-11T-0:18:32", "2025-07-11T01:-0",
               "2025-07-11T01:18:-0", "2025-07-11T01:18:32+-0:00");
  CAPTURE(text);
  CHECK(parsed(text) == "nothing");
}

TEST_CASE("an age is its largest unit, rounded down", "[clock]") {
  CHECK(format_age(seconds{0}) == "0 seconds");
  CHECK(format_age(milliseconds{999}) == "0 seconds");
  CHECK(format_age(seconds{1}) == "1 second");
  CHECK(format_age(seconds{59}) == "59 seconds");
  CHECK(format_age(seconds{60}) == "1 minute");
  CHECK(format_age(minutes{119}) == "1 hour");
  CHECK(format_age(hours{3} + minutes{59}) == "3 hours");
  CHECK(format_age(hours{24}) == "1 day");
  CHECK(format_age(days{364}) == "364 days");
  CHECK(format_age(days{730}) == "2 years");
  CHECK(format_age(microseconds{-1}) == "in the future");
  CHECK(format_age(hours{-5}) == "in the future");
}

TEST_CASE("a duration has a number and one unit", "[clock]") {
  CHECK(parse_duration("45s") == seconds{45});
  CHECK(parse_duration("90m") == minutes{90});
  CHECK(parse_duration("26h") == hours{26});
  CHECK(parse_duration("30d") == days{30});
  CHECK(parse_duration("2w") == weeks{2});
  const auto text = GENERATE(as<std::string>{}, "", "h", "26", "26 h", "-1h", "+1h", "1.5h",
                             "1h30m", "26y", "99999999999999999999h", "0x10h");
  CAPTURE(text);
  CHECK(!parse_duration(text).has_value());
}
