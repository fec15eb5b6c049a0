// SPDX-License-Identifier: MIT
#include "a2a_backup/cli/progress_line.hpp"
#include "catch.hpp"

using namespace a2a_backup;

namespace {

constexpr std::uint64_t mib = std::uint64_t{1} << 20;

}  // namespace

TEST_CASE("a progress line says phase, share, bytes, rate and time left", "[progress_line]") {
  const ProgressView view{"compress", 512 * mib, 1024 * mib, 2};
  REQUIRE(progress_line(view, 200) ==
          "compress  [###############...............]  50%  512 MiB of 1.00 GiB  256 MiB/s"
          "  3 s left");
  REQUIRE(progress_line(view, 79) ==
          "compress  [##########..........]  50%  512 MiB of 1.00 GiB  256 MiB/s  3 s left");
}

TEST_CASE("a narrow progress line leaves out what is least wanted", "[progress_line]") {
  const ProgressView view{"compress", 512 * mib, 1024 * mib, 2};
  REQUIRE(progress_line(view, 60) ==
          "compress  [###########...........]  50%  256 MiB/s  3 s left");
  REQUIRE(progress_line(view, 39) == "compress  50%  256 MiB/s  3 s left");
  REQUIRE(progress_line(view, 25) == "compress  50%  3 s left");
  REQUIRE(progress_line(view, 15) == "compress  50%");
  REQUIRE(progress_line(view, 5) == "compr");
}

TEST_CASE("a progress line never exceeds its columns", "[progress_line]") {
  const std::uint64_t sizes[] = {0, 1, 999, mib, 1000 * mib, 1024 * 1024 * mib};
  for (std::size_t columns = 1; columns < 220; ++columns) {
    for (const std::uint64_t total : sizes) {
      for (const std::uint64_t done : sizes) {
        for (const double seconds : {0.0, 0.001, 7.0, 100'000.0}) {
          REQUIRE(progress_line({"snapshot", done, total, seconds}, columns).size() <= columns);
        }
      }
    }
  }
}

TEST_CASE("a progress line without a total has no share and no time left", "[progress_line]") {
  REQUIRE(progress_line({"prove", 3 * mib, 0, 1.5}, 80) == "prove  3.00 MiB  2.00 MiB/s");
}

TEST_CASE("a progress line writes long times as a clock", "[progress_line]") {
  const auto left = [](std::uint64_t seconds) {
    // One byte a second would be no rate at all, so a thousand.
    const std::string line = progress_line({"x", 1000, 1000 + seconds * 1000, 1}, 200);
    return line.substr(line.rfind("  ") + 2);
  };
  REQUIRE(left(58) == "59 s left");
  REQUIRE(left(64) == "1:05 left");
  REQUIRE(left(3724) == "1:02:05 left");
}

TEST_CASE("a progress line does not run past its end", "[progress_line]") {
  // A database may grow while it is copied.
  REQUIRE(progress_line({"snapshot", 3 * mib, 2 * mib, 1}, 62) ==
          "snapshot  [##########]  100%  3.00 MiB of 2.00 MiB  3.00 MiB/s");
}
