// SPDX-License-Identifier: MIT
#include <algorithm>

#include "a2a_backup/cli/html_scale.hpp"
#include "catch.hpp"

using namespace a2a_backup;

namespace {

std::vector<std::string> labels(const std::vector<Tick>& ticks) {
  std::vector<std::string> texts;
  for (const Tick& tick : ticks) texts.push_back(tick.label);
  return texts;
}

using Labels = std::vector<std::string>;

TimePoint at(const std::string& time) {
  return parse_time(time).value();
}

std::vector<Point> daily(int count) {
  std::vector<Point> points;
  for (int i = 0; i < count; ++i) {
    points.push_back(
        {at("2026-01-01") + std::chrono::days{i}, static_cast<std::uint64_t>(100 + i)});
  }
  return points;
}

}  // namespace

TEST_CASE("a value axis has round steps in a fitting unit", "[html]") {
  CHECK(labels(value_axis(0, Unit::count).ticks) == Labels{"0", "1"});
  CHECK(labels(value_axis(1, Unit::bytes).ticks) == Labels{"0", "1 B"});
  CHECK(labels(value_axis(3, Unit::count).ticks) == Labels{"0", "1", "2", "3"});
  CHECK(labels(value_axis(1632, Unit::count).ticks) ==
        Labels{"0", "500", "1,000", "1,500", "2,000"});
  CHECK(labels(value_axis(12'000'000, Unit::count).ticks) == Labels{"0", "5 M", "10 M", "15 M"});
  CHECK(labels(value_axis(1'468'006, Unit::bytes).ticks) ==
        Labels{"0", "0.5 MiB", "1 MiB", "1.5 MiB"});
  CHECK(labels(value_axis(351'000, Unit::bytes).ticks) ==
        Labels{"0", "100 KiB", "200 KiB", "300 KiB", "400 KiB"});
}

TEST_CASE("a value axis reaches the largest value with few steps, whatever it is", "[html]") {
  for (const Unit unit : {Unit::bytes, Unit::count}) {
    for (std::uint64_t value = 1; value < (std::uint64_t{1} << 62); value += value / 4 + 1) {
      CAPTURE(value);
      const ValueAxis axis = value_axis(value, unit);
      REQUIRE(axis.top >= static_cast<double>(value) * 0.999999);
      REQUIRE(axis.top <= static_cast<double>(value) * 2.1 + 1);
      REQUIRE(axis.ticks.size() >= 2);
      REQUIRE(axis.ticks.size() <= 6);
      REQUIRE(axis.ticks.back().position == 1);
      Labels texts = labels(axis.ticks);
      std::sort(texts.begin(), texts.end());
      REQUIRE(std::adjacent_find(texts.begin(), texts.end()) == texts.end());
    }
  }
}

TEST_CASE("time ticks stand at round moments", "[html]") {
  CHECK(labels(time_ticks(at("2026-11-23T11:35:00"), at("2026-11-24T11:35:00"))) ==
        Labels{"23 Nov 12:00", "24 Nov 00:00"});
  CHECK(labels(time_ticks(at("2026-11-19T08:00:00"), at("2026-11-24T11:35:00"))) ==
        Labels{"20 Nov", "21 Nov", "22 Nov", "23 Nov", "24 Nov"});
  CHECK(labels(time_ticks(at("2026-10-13T08:00:00"), at("2026-11-24T11:35:00"))) ==
        Labels{"26 Oct", "9 Nov"});
  CHECK(labels(time_ticks(at("2025-11-24T08:00:00"), at("2026-11-24T11:35:00"))) ==
        Labels{"Jan 2026", "Apr 2026", "Jul 2026", "Oct 2026"});
  CHECK(labels(time_ticks(at("1970-01-01"), at("2026-11-24"))).size() <= 4);
}

TEST_CASE("time ticks are few, in order and inside, however long the time", "[html]") {
  const TimePoint last = at("2026-11-24T11:35:00");
  for (auto span = std::chrono::hours{2}; span < std::chrono::hours{400'000};
       span += span / 7 + std::chrono::hours{1}) {
    const std::vector<Tick> ticks = time_ticks(last - span, last);
    CAPTURE(span.count(), labels(ticks));
    REQUIRE(ticks.size() <= 5);
    REQUIRE(!ticks.empty());
    for (std::size_t i = 0; i < ticks.size(); ++i) {
      REQUIRE(ticks[i].position >= (i == 0 ? 0 : ticks[i - 1].position + 0.1));
      REQUIRE(ticks[i].position <= 0.95);
    }
  }
}

TEST_CASE("a long series is thinned out without losing its spikes, ends and gaps", "[html]") {
  std::vector<Point> points = daily(1000);
  CHECK(thin_out(points, 1000).size() == 1000);
  points[500].value = 9999;
  points[501].value = 0;
  points[700].after_gap = true;
  const std::vector<Point> thin = thin_out(points, 100);
  CHECK(thin.size() <= 100);
  CHECK(thin.size() > 60);
  CHECK(thin.front().time == points.front().time);
  CHECK(thin.back().time == points.back().time);
  const auto has = [&](std::uint64_t value) {
    return std::any_of(thin.begin(), thin.end(), [&](const Point& p) { return p.value == value; });
  };
  CHECK(has(9999));
  CHECK(has(0));
  const auto gap =
      std::find_if(thin.begin(), thin.end(), [](const Point& p) { return p.after_gap; });
  REQUIRE(gap != thin.end());
  CHECK(gap->time >= points[700].time);
  CHECK(gap->time < points[750].time);
  CHECK(std::is_sorted(thin.begin(), thin.end(),
                       [](const Point& a, const Point& b) { return a.time < b.time; }));
}

TEST_CASE("many points at one moment are thinned out too", "[html]") {
  std::vector<Point> points(500, {at("2026-01-01"), 5});
  CHECK(thin_out(points, 10).size() <= 10);
}

TEST_CASE("a pause that is longer than usual is a gap", "[html]") {
  std::vector<Point> points = daily(20);
  points.erase(points.begin() + 10, points.begin() + 14);
  points.erase(points.begin() + 5);
  mark_pauses(points);
  for (std::size_t i = 0; i < points.size(); ++i) CHECK(points[i].after_gap == (i == 9));
  std::vector<Point> one = daily(1);
  mark_pauses(one);
  std::vector<Point> none;
  mark_pauses(none);
  CHECK(!one[0].after_gap);
}
