// SPDX-License-Identifier: MIT
#include "../../src/backup/capture.hpp"
#include "catch.hpp"
#include "support.hpp"

namespace a2a_backup::test {
namespace {

using Catch::Matchers::ContainsSubstring;

TEST_CASE("a database is captured early where nobody waits for it", "[capture]") {
  const TempDir root;
  make_system(root.path());
  CreateOptions options;
  options.root = root.path();
  options.jobs = 2;
  const fs::path database = root / "database/a2a_system.db";
  const bool log = GENERATE(true, false);
  bool early = log;
  run_sql(database, log ? "PRAGMA journal_mode=WAL" : "PRAGMA journal_mode=DELETE");
  SECTION("as it is") {}
  SECTION("when there is no thread for its check") {
    options.jobs = 1;
    early = false;
  }
  SECTION("when it is no database") {
    write_text(database, "<html>");
    early = false;
  }
  const CapturePlan plan = plan_capture(options);
  const std::vector<Source*> order = in_order_of_capture(plan.sources);
  REQUIRE(order.size() == 2);
  CHECK_THAT(order.at(early ? 0 : 1)->describe(), ContainsSubstring("the SQLite database"));
  CHECK_THAT(order.at(early ? 1 : 0)->describe(), ContainsSubstring("the JSON files"));
}

}  // namespace
}  // namespace a2a_backup::test
