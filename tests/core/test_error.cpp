// SPDX-License-Identifier: MIT
#include <cerrno>
#include <map>
#include <set>

#include "a2a_backup/core/error.hpp"
#include "catch.hpp"

using namespace a2a_backup;

TEST_CASE("every kind of error has the exit code that scripts rely on", "[error]") {
  const std::map<ErrorKind, int> codes{
      {ErrorKind::failed, 1},        {ErrorKind::usage, 2},        {ErrorKind::source, 3},
      {ErrorKind::not_found, 4},     {ErrorKind::archive, 5},      {ErrorKind::busy, 6},
      {ErrorKind::refused, 7},       {ErrorKind::pending, 8},      {ErrorKind::key, 9},
      {ErrorKind::partial, 10},      {ErrorKind::check, 11},       {ErrorKind::rolled_back, 12},
      {ErrorKind::interrupted, 130}, {ErrorKind::terminated, 143},
  };
  REQUIRE(error_kinds().size() == codes.size());
  for (const auto& [kind, code] : codes) {
    CHECK(info_of(kind).kind == kind);
    CHECK(info_of(kind).exit_code == code);
  }
}

TEST_CASE("the table is in the order of exit codes, with words of its own", "[error]") {
  std::set<std::string_view> names;
  int last = 0;
  for (const ErrorKindInfo& info : error_kinds()) {
    CHECK(info.exit_code > last);
    last = info.exit_code;
    CHECK(names.insert(info.name).second);
    CHECK(!info.meaning.empty());
    CHECK(&info_of(info.kind) == &info);
  }
}

TEST_CASE("an error keeps what it was told", "[error]") {
  const Error error(ErrorKind::busy, "it is locked", "wait");
  CHECK(error.kind() == ErrorKind::busy);
  CHECK(error.message() == "it is locked");
  CHECK(std::string(error.what()) == "it is locked");
  CHECK(error.hint() == "wait");
  CHECK(Error(ErrorKind::failed, "x").hint().empty());
}

TEST_CASE("a system error ends in the system's words", "[error]") {
  const Error error = system_error(ErrorKind::source, "cannot open /x", ENOENT, "look again");
  CHECK(error.kind() == ErrorKind::source);
  CHECK(error.message() == "cannot open /x: No such file or directory");
  CHECK(error.hint() == "look again");
}
