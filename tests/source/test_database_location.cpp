// SPDX-License-Identifier: MIT
#include "a2a_backup/source/database_location.hpp"
#include "catch.hpp"
#include "support.hpp"

using namespace a2a_backup;
using namespace a2a_backup::test;
using Catch::Matchers::ContainsSubstring;

namespace {

const char* const url_variable = "A2A_DATABASE_URL";

fs::path located(const fs::path& root, const std::string& flag) {
  return locate_database(root, flag).value().path;
}

}  // namespace

TEST_CASE("a path or a SQLite URL names the database", "[database_location]") {
  const fs::path root = "/srv/a2a";
  CHECK(located(root, "/var/x.db") == "/var/x.db");
  CHECK(located(root, "data/x.db") == "/srv/a2a/data/x.db");
  CHECK(located(root, "./data/../x.db") == "/srv/a2a/x.db");
  CHECK(located(root, "sqlite:///data/x.db") == "/srv/a2a/data/x.db");
  CHECK(located(root, "sqlite:////var/x.db") == "/var/x.db");
  CHECK(located(root, "sqlite+pysqlite:////var/x.db") == "/var/x.db");
  CHECK(located(root, "sqlite:///x.db?timeout=5&mode=rw") == "/srv/a2a/x.db");
  CHECK(located("relative", "x.db") == fs::current_path() / "relative/x.db");
}

TEST_CASE("a named database must exist, and it is told who named it", "[database_location]") {
  const TempDir root;
  const auto missing = locate_database(root.path(), "x.db");
  REQUIRE(missing.has_value());
  CHECK(missing->named);
  CHECK(!missing->exists);
  CHECK(missing->chosen_by == "--database");
  write_text(root / "x.db", "");
  CHECK(locate_database(root.path(), "x.db")->exists);
}

TEST_CASE("the flag wins over the environment, which wins over the usual places",
          "[database_location]") {
  const TempDir root;
  write_text(root / "database/a2a_system.db", "");
  CHECK(locate_database(root.path(), {})->path == root / "database/a2a_system.db");
  const Environment url(url_variable, "sqlite:///from_environment.db");
  const auto location = locate_database(root.path(), {});
  CHECK(location->path == root / "from_environment.db");
  CHECK(location->chosen_by == url_variable);
  CHECK(location->named);
  CHECK(locate_database(root.path(), "flag.db")->path == root / "flag.db");
  CHECK(!locate_database(root.path(), "none").has_value());
}

TEST_CASE("an empty variable is as good as none", "[database_location]") {
  const TempDir root;
  const Environment url(url_variable, "");
  CHECK(!locate_database(root.path(), {})->named);
}

TEST_CASE("the usual places are looked at in order, others are told", "[database_location]") {
  const TempDir root;
  const auto nothing = locate_database(root.path(), {});
  REQUIRE(nothing.has_value());
  CHECK(!nothing->exists);
  CHECK(!nothing->named);
  CHECK(nothing->path == root / "database/a2a_system.db");

  write_text(root / "data/a2a_system.db", "");
  CHECK(locate_database(root.path(), {})->path == root / "data/a2a_system.db");
  write_text(root / "a2a_system.db", "");
  const auto two = locate_database(root.path(), {});
  CHECK(two->path == root / "a2a_system.db");
  CHECK(two->exists);
  CHECK(two->chosen_by == "found there");
  CHECK(two->also_found == std::vector<fs::path>{root / "data/a2a_system.db"});
  write_text(root / "database/a2a_system.db", "");
  CHECK(locate_database(root.path(), {})->also_found.size() == 2);
}

TEST_CASE("a database of another kind is refused without its password", "[database_location]") {
  const auto url = GENERATE(as<std::string>{}, "mysql://user:hunter2@host/db",
                            "postgresqlx://user:hunter2@host/db", "https://user:hunter2@host/x.db",
                            "sqlite://user:hunter2@host/x.db");
  const bool by_flag = GENERATE(true, false);
  CAPTURE(url, by_flag);
  const Environment variable(url_variable, by_flag ? std::nullopt : std::optional(url));
  const Error error = error_of(
      [&, flag = by_flag ? std::optional(url) : std::nullopt] { locate_database("/srv", flag); });
  CHECK(error.kind() == ErrorKind::usage);
  CHECK_THAT(error.message(), ContainsSubstring(by_flag ? "--database" : url_variable));
  CHECK_THAT(error.message() + error.hint(), !ContainsSubstring("hunter2"));
}

TEST_CASE("the application's own choice of PostgreSQL is respected", "[database_location]") {
  const TempDir root;
  write_text(root / "database/a2a_system.db", "");
  {
    const Environment type("A2A_DB_TYPE", "postgresql");
    CHECK(error_of([&] { locate_database(root.path(), {}); }).kind() == ErrorKind::usage);
    const Environment sqlite(url_variable, "sqlite:///x.db");
    CHECK(error_of([&] { locate_database(root.path(), {}); }).kind() == ErrorKind::usage);
    CHECK(locate_database(root.path(), "x.db")->path == root / "x.db");
    CHECK(!locate_database(root.path(), "none").has_value());
  }
  const Environment type("A2A_DB_TYPE", "sqlite");
  CHECK(locate_database(root.path(), {})->exists);
}

TEST_CASE("a database in memory cannot be backed up", "[database_location]") {
  const auto flag =
      GENERATE(as<std::string>{}, ":memory:", "sqlite:///:memory:", "sqlite:///", "sqlite://", "");
  CAPTURE(flag);
  CHECK(error_of([&] { locate_database("/srv", flag); }).kind() == ErrorKind::usage);
}
