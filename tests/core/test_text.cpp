// SPDX-License-Identifier: MIT
#include <limits>

#include "a2a_backup/core/text.hpp"
#include "catch.hpp"

using namespace a2a_backup;

TEST_CASE("a size has three digits and a binary unit", "[text]") {
  CHECK(format_bytes(0) == "0 B");
  CHECK(format_bytes(1) == "1 B");
  CHECK(format_bytes(999) == "999 B");
  CHECK(format_bytes(1024) == "1.00 KiB");
  CHECK(format_bytes(1536) == "1.50 KiB");
  CHECK(format_bytes(10 * 1024) == "10.0 KiB");
  CHECK(format_bytes(100 * 1024) == "100 KiB");
  CHECK(format_bytes(1023 * 1024) == "1.00 MiB");
  CHECK(format_bytes(std::uint64_t{5} << 30) == "5.00 GiB");
  CHECK(format_bytes(std::numeric_limits<std::uint64_t>::max()) == "16.0 EiB");
}

TEST_CASE("a size never needs a fourth digit", "[text]") {
  for (std::uint64_t bytes = 1; bytes < (std::uint64_t{1} << 40); bytes = bytes * 9 / 8 + 1) {
    const std::string text = format_bytes(bytes);
    const std::string number = text.substr(0, text.find(' '));
    CAPTURE(bytes, text);
    REQUIRE(number.size() <= 4);
    REQUIRE((number.size() < 4 || number.find('.') != std::string::npos));
  }
}

TEST_CASE("a count has commas and its noun the right number", "[text]") {
  CHECK(format_count(0) == "0");
  CHECK(format_count(999) == "999");
  CHECK(format_count(1000) == "1,000");
  CHECK(format_count(1234567) == "1,234,567");
  CHECK(format_count(std::numeric_limits<std::uint64_t>::max()) == "18,446,744,073,709,551,615");
  CHECK(plural(0, "row") == "0 rows");
  CHECK(plural(1, "row") == "1 row");
  CHECK(plural(2000, "row") == "2,000 rows");
}

TEST_CASE("a near miss finds its word, a far one does not", "[text]") {
  const std::vector<std::string> known{"backup-dir", "database", "level", "jobs", "q"};
  CHECK(nearest("backup_dir", known) == "backup-dir");
  CHECK(nearest("databse", known) == "database");
  CHECK(nearest("levle", known) == "level");
  CHECK(nearest("level", known) == "level");
  CHECK(nearest("compression", known).empty());
  CHECK(nearest("", known).empty());
  CHECK(nearest("xyz", known).empty());
  CHECK(nearest("level", {}).empty());
}

TEST_CASE("control characters never reach a terminal", "[text]") {
  CHECK(printable("shared/tasks.json") == "shared/tasks.json");
  CHECK(printable("a\nb\x1b[2Jc") == "a\\x0ab\\x1b[2Jc");
  CHECK(printable(std::string("\0\x7f\xff", 3)) == "\\x00\\x7f\\xff");
  CHECK(printable("\xc3\xa9") == "\\xc3\\xa9");
}

TEST_CASE("a shell reads a quoted word as it was", "[text]") {
  CHECK(shell_word("shared/tasks.json") == "shared/tasks.json");
  CHECK(shell_word("") == "''");
  CHECK(shell_word("my file") == "'my file'");
  CHECK(shell_word("it's") == "'it'\\''s'");
  CHECK(shell_word("$HOME;*") == "'$HOME;*'");
}

TEST_CASE("a glob matches a whole name or its last part", "[text]") {
  CHECK(matches_any({"shared/*"}, "shared/tasks.json"));
  CHECK(matches_any({"tasks.json"}, "shared/tasks.json"));
  CHECK(matches_any({"*.db"}, "database/a2a_system.db"));
  CHECK(matches_any({"no", "agent_*"}, "shared/agent_tasks.json"));
  CHECK(!matches_any({"tasks"}, "shared/tasks.json"));
  CHECK(!matches_any({"shared"}, "shared/tasks.json"));
  CHECK(!matches_any({"tasks.json"}, "shared/agent_tasks.json"));
  CHECK(!matches_any({}, "shared/tasks.json"));
}

TEST_CASE("blanks around a text go, those in it stay", "[text]") {
  CHECK(trimmed(" \ta b\r\n ", " \t\r\n") == "a b");
  CHECK(trimmed(" a\r", " \t") == "a\r");
  CHECK(trimmed(" \t ", " \t").empty());
  CHECK(trimmed("", " ").empty());
}

TEST_CASE("a text is cut between characters", "[text]") {
  CHECK(beginning_of("abc", 3) == "abc");
  CHECK(beginning_of("abc", 2) == "ab");
  CHECK(beginning_of("ab\u00e9", 3) == "ab");
  CHECK(beginning_of("ab\u00e9", 4) == "ab\u00e9");
  CHECK(beginning_of("\u30db\u30db", 5) == "\u30db");
  CHECK(beginning_of("\x80\x80\x80", 2).empty());
}

TEST_CASE("folding touches the case of ASCII letters and nothing else", "[text]") {
  CHECK(fold_case("Shared/TASKS-Z_@[`{.json") == "shared/tasks-z_@[`{.json");
  CHECK(fold_case("\xc3\x84") == "\xc3\x84");
}
