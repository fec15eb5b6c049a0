// SPDX-License-Identifier: MIT
#include <sstream>

#include "a2a_backup/cli/toml.hpp"
#include "a2a_backup/core/error.hpp"
#include "catch.hpp"

using namespace a2a_backup;

namespace {

std::vector<TomlItem> read(const std::string& text) {
  std::istringstream stream(text);
  return read_toml(stream, "file");
}

std::string problem(const std::string& text) {
  try {
    read(text);
  } catch (const Error& error) {
    return error.message();
  }
  return "none";
}

}  // namespace

TEST_CASE("toml: values of every kind", "[cli][toml]") {
  const auto items = read("a = \"x # \\\"y\\\" \\\\\" # comment\r\nb='\\n'\nc = -1.5\nd = true\n");
  REQUIRE(items.size() == 4);
  CHECK(items[0].values == std::vector<std::string>{"x # \"y\" \\"});
  CHECK(items[1].values == std::vector<std::string>{"\\n"});
  CHECK(items[2].values == std::vector<std::string>{"-1.5"});
  CHECK(items[3].values == std::vector<std::string>{"true"});
  CHECK(items[3].line == 4);
}

TEST_CASE("toml: arrays over lines, with comments and a comma at the end", "[cli][toml]") {
  const auto items = read("a = [ \"x\", # one\n\n 'y, z',\n]\nb = []\n");
  REQUIRE(items.size() == 2);
  CHECK(items[0].values == std::vector<std::string>{"x", "y, z"});
  CHECK(items[1].values.empty());
  CHECK(items[1].line == 5);
}

TEST_CASE("toml: sections and dotted keys", "[cli][toml]") {
  const auto items = read("p.q = 1\n[s]\nk = 2\n\"quoted key\" = 3");
  REQUIRE(items.size() == 4);
  CHECK((items[0].section == "p" && items[0].key == "q"));
  CHECK((items[1].section == "s" && items[1].key.empty()));
  CHECK((items[2].section == "s" && items[2].key == "k"));
  CHECK(items[3].key == "quoted key");
}

TEST_CASE("toml: what is wrong is named with its line", "[cli][toml]") {
  CHECK(problem("\n\na") == "file:3: there is no = after 'a'");
  CHECK(problem("a =") == "file:1: there is no value");
  CHECK(problem("a = secret") == "file:1: text must stand in quotes");
  CHECK(problem("a = \"x") == "file:1: a string has no end");
  CHECK(problem("a = \"\\q\"") == "file:1: there is an unknown escape in the string");
  CHECK(problem("a = [1,\n2") == "file:2: there is no comma between two values");
  CHECK(problem("a = [1,\n") == "file:2: an array has no end");
  CHECK(problem("a = 1\nb = 2\na = 3") == "file:3: 'a' is there twice");
  CHECK(problem("[a") == "file:1: a section has no ]");
  CHECK(problem("[[a]]") == "file:1: arrays of sections are not for configurations");
  CHECK(problem("a = 1 2") == "file:1: there is something after the value");
}
