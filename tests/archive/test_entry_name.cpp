// SPDX-License-Identifier: MIT
#include <utility>
#include <vector>

#include "a2a_backup/archive/entry_name.hpp"
#include "catch.hpp"

using a2a_backup::entry_name_problem;
using a2a_backup::is_backup_name;
using Catch::Matchers::ContainsSubstring;

TEST_CASE("the fixed names and plain json files may be entries", "[entry_name]") {
  const std::vector<std::string> names{
      "backup_metadata.json",
      "database/a2a_system.db",
      "database/a2a_system.dump",
      "shared/tasks.json",
      "shared/agent_tasks.json",
      "shared/_private.json",
      "shared/2025 plan-v1.2.json",
      "shared/console.json",
      "shared/com.json",
      "shared/com10.json",
      "shared/lptx.json",
      "shared/" + std::string(100, 'n') + ".json",
  };
  for (const std::string& name : names) {
    CAPTURE(name);
    CHECK(entry_name_problem(name).empty());
  }
}

TEST_CASE("every other name is refused with its reason", "[entry_name]") {
  using namespace std::string_literals;
  const std::string neither = "is neither";
  const std::string character = "has a character other than";
  const std::string start = "does not start with a letter";
  const std::string device = "device on Windows";
  const std::string suffix = "does not end in '.json'";
  const std::vector<std::pair<std::string, std::string>> cases{
      {"", neither},
      {"tasks.json", neither},
      {"/shared/tasks.json", neither},
      {"./shared/tasks.json", neither},
      {"Shared/tasks.json", neither},
      {"shared\\tasks.json", neither},
      {"C:shared/tasks.json", neither},
      {"database/other.db", neither},
      {"database/a2a_system.db-wal", neither},
      {"backup_metadata.json ", neither},
      {"shared/", suffix},
      {"shared/tasks.JSON", suffix},
      {"shared/tasks.json.", suffix},
      {"shared/tasks.json ", suffix},
      {"shared/tasks.json/", suffix},
      {"shared/tasks.json\0"s, suffix},
      {"shared/.json", "has no name"},
      {"shared/../tasks.json", "folder below"},
      {"shared//tasks.json", "folder below"},
      {"shared/./tasks.json", "folder below"},
      {"shared/sub/tasks.json", "folder below"},
      {"shared/..\\tasks.json", character},
      {"shared/C:tasks.json", character},
      {"shared/ta\nsks.json", character},
      {"shared/ta\x1b[2Jsks.json", character},
      {"shared/ta\0sks.json"s, character},
      {"shared/ta\xe2\x80\xaesks.json", character},
      {"shared/t\xc3\xa4sks.json", character},
      {"shared/t\xff.json", character},
      {"shared/a*b.json", character},
      {"shared/..json", start},
      {"shared/-rf.json", start},
      {"shared/ tasks.json", start},
      {"shared/CON.json", device},
      {"shared/nul.json", device},
      {"shared/Aux.old.json", device},
      {"shared/prn .json", device},
      {"shared/COM1.json", device},
      {"shared/lpt9.x.json", device},
      {"shared/" + std::string(101, 'n') + ".json", "more than 100 characters"},
  };
  for (const auto& [name, reason] : cases) {
    CAPTURE(name);
    CHECK_THAT(entry_name_problem(name), ContainsSubstring(reason));
  }
}

TEST_CASE("a name is ours in this form only", "[entry_name]") {
  const std::string ours =
      GENERATE("a2a_backup_20250711_011832.zip", "a2a_backup_20250711_011832_2.zip",
               "a2a_backup_20250711_011832_10.zip", "a2a_backup_20250711_011832.zip.age",
               "a2a_backup_20250711_011832_3.zip.age");
  CAPTURE(ours);
  CHECK(is_backup_name(ours));
  const std::string foreign =
      GENERATE("", "a2a_backup_", ".zip", "a2a_backup_.zip", "backup_20250711_011832.zip",
               "A2A_backup_20250711_011832.zip", " a2a_backup_20250711_011832.zip",
               "a2a_backup_20250711_01183.zip", "a2a_backup_20250711_0118321.zip",
               "a2a_backup_20250711-011832.zip", "a2a_backup_2025O711_011832.zip",
               "a2a_backup_20250711_011832", "a2a_backup_20250711_011832zip",
               "a2a_backup_20250711_011832.ZIP", "a2a_backup_20250711_011832.zip.old",
               "a2a_backup_20250711_011832.age", "a2a_backup_20250711_011832.zip.age.age",
               "a2a_backup_20250711_011832_.zip", "a2a_backup_20250711_011832_0.zip",
               "a2a_backup_20250711_011832_1.zip", "a2a_backup_20250711_011832_02.zip",
               "a2a_backup_20250711_011832_2_2.zip", "a2a_backup_20250711_011832_x.zip",
               "a2a_backup_20250711_011832 (1).zip", "a2a_backup_20250711_011832_before_move.zip");
  CAPTURE(foreign);
  CHECK(!is_backup_name(foreign));
}
