// SPDX-License-Identifier: MIT
#include "a2a_backup/core/clock.hpp"

#include <array>
#include <charconv>
#include <cstdint>
#include <cstdio>

namespace a2a_backup {
namespace {

using namespace std::chrono;

/// Takes numbers and separators off the front of a text; once something did not fit, it stays bad.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  int digits(std::size_t count) {
    unsigned value = 0;  // unsigned: a minus sign is no digit
    if (rest_.size() < count) return fail();
    const char* end = rest_.data() + count;
    const auto [stop, error] = std::from_chars(rest_.data(), end, value);
    if (error != std::errc{} || stop != end) return fail();
    rest_.remove_prefix(count);
    return static_cast<int>(value);
  }
  bool accept(char wanted) {
    if (rest_.empty() || rest_.front() != wanted) return false;
    rest_.remove_prefix(1);
    return true;
  }
  void expect(char wanted) {
    if (!accept(wanted)) fail();
  }
  /// One to six decimals as microseconds.
  int fraction() {
    int value = 0;
    std::size_t count = 0;
    while (count < 6 && !rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9') {
      value = value * 10 + (rest_.front() - '0');
      rest_.remove_prefix(1);
      ++count;
    }
    if (count == 0) return fail();
    for (; count < 6; ++count) value *= 10;
    return value;
  }
  bool done() const { return ok_ && rest_.empty(); }
  bool at_end() const { return rest_.empty(); }
  int fail() {
    ok_ = false;
    return 0;
  }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

minutes scan_offset(Scanner& scan) {
  if (scan.accept('Z')) return minutes{0};
  const bool east = scan.accept('+');
  if (!east && !scan.accept('-')) return minutes{0};
  const int hour = scan.digits(2);
  scan.accept(':');
  const int minute = scan.digits(2);
  if (hour > 23 || minute > 59) scan.fail();
  const minutes offset = hours{hour} + minutes{minute};
  return east ? offset : -offset;
}

}  // namespace

TimePoint now() {
  return floor<microseconds>(system_clock::now());
}

std::int64_t unix_seconds(TimePoint time) {
  return std::chrono::floor<std::chrono::seconds>(time.time_since_epoch()).count();
}

std::string format_rfc3339(TimePoint time) {
  const year_month_day date(floor<days>(time));
  const hh_mm_ss<microseconds> clock(time - floor<days>(time));
  std::array<char, 64> buffer{};
  const int length = std::snprintf(
      buffer.data(), buffer.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%06dZ",
      static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
      static_cast<unsigned>(date.day()), static_cast<int>(clock.hours().count()),
      static_cast<int>(clock.minutes().count()), static_cast<int>(clock.seconds().count()),
      static_cast<int>(clock.subseconds().count()));
  return {buffer.data(), static_cast<std::size_t>(length)};
}

std::string format_compact(TimePoint time) {
  std::string text = format_rfc3339(time).substr(0, 19);
  std::erase_if(text, [](char c) { return c == '-' || c == ':'; });
  text.at(8) = '_';
  return text;
}

std::string format_readable(TimePoint time) {
  const std::string text = format_rfc3339(time);
  return text.substr(0, 10) + " " + text.substr(11, 8) + " UTC";
}

std::optional<TimePoint> parse_time(std::string_view text, bool to_its_end) {
  Scanner scan(text);
  const int year_number = scan.digits(4);
  scan.expect('-');
  const auto month_number = static_cast<unsigned>(scan.digits(2));
  scan.expect('-');
  const auto day_number = static_cast<unsigned>(scan.digits(2));
  const year_month_day date{year{year_number}, month{month_number}, day{day_number}};
  if (!date.ok()) return std::nullopt;
  const TimePoint midnight = sys_days{date};
  if (scan.at_end()) {
    if (!scan.done()) return std::nullopt;
    return to_its_end ? midnight + days{1} - microseconds{1} : midnight;
  }
  if (!scan.accept('T')) scan.expect(' ');
  const int hour = scan.digits(2);
  scan.expect(':');
  const int minute = scan.digits(2);
  microseconds precision = minutes{1};
  int second = 0;
  int fraction = 0;
  if (scan.accept(':')) {
    precision = seconds{1};
    second = scan.digits(2);
    if (scan.accept('.')) {
      precision = microseconds{1};
      fraction = scan.fraction();
    }
  }
  const minutes offset = scan_offset(scan);
  if (!scan.done() || hour > 23 || minute > 59 || second > 60) return std::nullopt;
  const microseconds rest = to_its_end ? precision - microseconds{1} : microseconds{0};
  return midnight + hours{hour} + minutes{minute} + seconds{second} + microseconds{fraction} -
         offset + rest;
}

std::string format_age(microseconds age) {
  struct Unit {
    seconds length;
    const char* name;
  };
  static constexpr std::array units{Unit{days{365}, "year"}, Unit{days{1}, "day"},
                                    Unit{hours{1}, "hour"}, Unit{minutes{1}, "minute"},
                                    Unit{seconds{1}, "second"}};
  for (const Unit& unit : units) {
    const std::int64_t count = age / unit.length;
    if (count >= 1) return std::to_string(count) + " " + unit.name + (count == 1 ? "" : "s");
  }
  return age < microseconds{0} ? "in the future" : "0 seconds";
}

std::optional<seconds> parse_duration(std::string_view text) {
  if (text.size() < 2) return std::nullopt;
  std::int64_t count = 0;
  const char* end = text.data() + text.size() - 1;
  const auto [stop, error] = std::from_chars(text.data(), end, count);
  if (error != std::errc{} || stop != end || count < 0 || count > 1'000'000) return std::nullopt;
  switch (text.back()) {
    case 's':
      return seconds{count};
    case 'm':
      return minutes{count};
    case 'h':
      return hours{count};
    case 'd':
      return days{count};
    case 'w':
      return weeks{count};
    default:
      return std::nullopt;
  }
}

}  // namespace a2a_backup
