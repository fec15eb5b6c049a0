// SPDX-License-Identifier: MIT
#include <set>

#include "a2a_backup/source/required.hpp"
#include "catch.hpp"

using namespace a2a_backup;

TEST_CASE("the first that is required and not there is named", "[required]") {
  const std::set<std::string> there{"shared/tasks.json", "shared/notes.json"};
  const auto has = [&](const std::string& entry) { return there.contains(entry); };
  CHECK(!first_missing({}, false, has));
  CHECK(!first_missing({"shared/notes.json", "database"}, true, has));
  CHECK(first_missing({"shared/notes.json", "database"}, false, has) == "database");
  CHECK(first_missing({"shared/a.json", "database"}, false, has) == "shared/a.json");
}
