// SPDX-License-Identifier: MIT
#include "a2a_backup/backup/restore_plan.hpp"
#include "catch.hpp"

using namespace a2a_backup;

namespace {

const std::string json = "shared/tasks.json";
const std::string database = "database/a2a_system.db";

/// The status of `changed` is another one, and so is its content.
JsonSummary tasks(const std::vector<std::uint64_t>& keys, std::uint64_t changed = 0) {
  JsonSummary summary;
  for (const std::uint64_t key : keys) {
    const bool other = key == changed;
    summary.marks.add({key, other ? key * 10 : key, other ? 5U : 0U, 0, summary.marks.size()});
  }
  summary.marks.finish();
  summary.agents = {"jules"};
  return summary;
}

/// A JSON file that is there on both sides, with tasks 1 to 3 live and 2 to 4 in the backup.
PlanFacts both() {
  PlanFacts facts;
  facts.entry = json;
  facts.live = "/app/shared/tasks.json";
  facts.live_digest = FileDigest{30, "live"};
  facts.fresh_digest = FileDigest{40, "fresh"};
  facts.live_json = tasks({1, 2, 3});
  facts.fresh_json = tasks({2, 3, 4});
  return facts;
}

}  // namespace

TEST_CASE("a file is new, overwritten, unchanged or removed", "[restore_plan]") {
  PlanFacts facts = both();
  CHECK(plan_file(facts).action == PlannedAction::overwrite);
  facts.live_digest->sha256 = "fresh";
  CHECK(plan_file(facts).action == PlannedAction::unchanged);
  facts.live_digest.reset();
  CHECK(plan_file(facts).action == PlannedAction::create);
  facts.fresh_digest.reset();
  CHECK(plan_file(facts).action == PlannedAction::unchanged);
  facts.live_digest = FileDigest{1, "x"};
  CHECK(plan_file(facts).action == PlannedAction::remove);

  CHECK(action_name(PlannedAction::create) == "new");
  CHECK(action_name(PlannedAction::overwrite) == "overwrite");
  CHECK(action_name(PlannedAction::unchanged) == "unchanged");
  CHECK(action_name(PlannedAction::remove) == "remove");
}

TEST_CASE("sizes, place and name are passed on", "[restore_plan]") {
  const PlannedFile file = plan_file(both());
  CHECK(file.entry == json);
  CHECK(file.live == "/app/shared/tasks.json");
  CHECK(file.live_size == 30);
  CHECK(file.fresh_size == 40);
  CHECK(!file.live_unreadable);
}

TEST_CASE("tasks that only the live file has would be lost", "[restore_plan]") {
  PlanFacts facts = both();
  CHECK(plan_file(facts).lost_tasks == 1);
  CHECK(plan_file(facts).lost_keys == std::vector<std::uint64_t>{1});
  CHECK(plan_file(facts).reset_tasks == 0);
  facts.live_json = tasks({1, 2, 3}, 2);
  CHECK(plan_file(facts).lost_tasks == 1);
  CHECK(plan_file(facts).reset_tasks == 1);
  facts.fresh_json = tasks({1, 2, 3, 4});
  CHECK(plan_file(facts).lost_tasks == 0);
  // An undo of a restore that created the file takes all of it away.
  facts.fresh_json.reset();
  facts.fresh_digest.reset();
  CHECK(plan_file(facts).lost_tasks == 3);
}

TEST_CASE("of many lost tasks the first ones in the live file are named", "[restore_plan]") {
  PlanFacts facts = both();
  facts.live_json = tasks({3, 19, 18, 17, 16, 15, 14, 13, 2});
  const PlannedFile file = plan_file(facts);
  CHECK(file.lost_tasks == 7);
  CHECK(file.lost_keys == std::vector<std::uint64_t>{15, 16, 17, 18, 19});
}

TEST_CASE("a live file with the same bytes has not been read, and loses nothing",
          "[restore_plan]") {
  PlanFacts facts = both();
  facts.live_json.reset();
  CHECK(!facts.same_json());
  facts.live_digest->sha256 = "fresh";
  CHECK(facts.same_json());
  const PlannedFile file = plan_file(facts);
  CHECK(file.action == PlannedAction::unchanged);
  CHECK(!file.live_unreadable);
  CHECK(file.lost_tasks == 0);
  facts.fresh_digest.reset();
  CHECK(!facts.same_json());
}

TEST_CASE("a live file that is there and cannot be read is said to be broken", "[restore_plan]") {
  PlanFacts facts = both();
  facts.live_json.reset();
  CHECK(plan_file(facts).live_unreadable);
  CHECK(plan_file(facts).lost_tasks == 0);
  facts.live_digest.reset();
  CHECK(!plan_file(facts).live_unreadable);
}

TEST_CASE("a database is compared by its rows, never by its bytes", "[restore_plan]") {
  PlanFacts facts;
  facts.entry = database;
  facts.live_digest = FileDigest{8192, {}};
  facts.fresh_digest = FileDigest{4096, "fresh"};
  facts.database = DatabaseDifference{true, {{"tasks", 3}}, {{"tasks", 0}}};
  CHECK(plan_file(facts).action == PlannedAction::unchanged);
  CHECK(plan_file(facts).lost_rows.empty());
  facts.database =
      DatabaseDifference{false, {{"tasks", 3}, {"notes", 1}}, {{"tasks", 2}, {"notes", 0}}};
  CHECK(plan_file(facts).action == PlannedAction::overwrite);
  CHECK(plan_file(facts).lost_rows == std::map<std::string, std::uint64_t>{{"tasks", 2}});
  CHECK(!plan_file(facts).live_unreadable);
  // Equal bytes, and yet it cannot be opened: there may be a log beside it.
  facts.database.reset();
  facts.live_digest->sha256 = "fresh";
  CHECK(plan_file(facts).action == PlannedAction::overwrite);
  CHECK(plan_file(facts).live_unreadable);
}

TEST_CASE("a plan changes something unless every file is unchanged", "[restore_plan]") {
  RestorePlan plan;
  CHECK(!plan.changes_anything());
  plan.kept = {"shared/other.json"};
  plan.files.resize(2);
  plan.files[0].action = plan.files[1].action = PlannedAction::unchanged;
  CHECK(!plan.changes_anything());
  plan.files[1].action =
      GENERATE(PlannedAction::create, PlannedAction::overwrite, PlannedAction::remove);
  CHECK(plan.changes_anything());
}
