// SPDX-License-Identifier: MIT
#include "a2a_backup/source/database_location.hpp"
#include "a2a_backup/source/postgresql_url.hpp"
#include "catch.hpp"
#include "support.hpp"

namespace a2a_backup {
namespace {

using namespace test;

TEST_CASE("a PostgreSQL URL is known by its scheme, whatever the driver", "[postgresql_url]") {
  for (const char* url : {"postgresql://h/d", "postgres://h/d", "postgresql+psycopg2://h/d"}) {
    CHECK(is_postgresql_url(url));
  }
  for (const char* other :
       {"sqlite:///x.db", "postgresqlx://h/d", "postgresql", "x/postgresql", ""}) {
    CHECK(!is_postgresql_url(other));
  }
}

TEST_CASE("the password is set apart", "[postgresql_url]") {
  struct Case {
    const char* given;
    const char* text;
    const char* password;
  };
  const auto c = GENERATE(
      Case{"postgresql://u:secret@h:5432/d", "postgresql://u@h:5432/d", "secret"},
      Case{"postgres://u:a%40b%2Fc@h/d", "postgresql://u@h/d", "a@b/c"},
      Case{"postgresql://u:a@b/c@h/d", "postgresql://u@h/d", "a@b/c"},
      Case{"postgresql://u:100%@h/d", "postgresql://u@h/d", "100%"},
      Case{"postgresql://u:a?b@h/d?sslmode=disable", "postgresql://u@h/d?sslmode=disable", "a?b"},
      Case{"postgresql://u:a/b?c@h/d", "postgresql://u@h/d", "a/b?c"},
      Case{"postgresql://h:5432/d?user=u@x", "postgresql://h:5432/d?user=u@x", ""},
      Case{"postgresql://h/d?user=u@x", "postgresql://h/d?user=u@x", ""},
      Case{"postgresql+psycopg2://u:p:q@h/d?sslmode=require", "postgresql://u@h/d?sslmode=require",
           "p:q"},
      Case{"postgresql://h/d?user=u&password=x%26y&sslmode=disable",
           "postgresql://h/d?user=u&sslmode=disable", "x&y"},
      Case{"postgresql://h/d?password=x", "postgresql://h/d", "x"},
      Case{"postgresql://h/d?pass%77ord=x", "postgresql://h/d", "x"},
      Case{"postgresql:///d?host=/run/postgresql", "postgresql:///d?host=/run/postgresql", ""},
      Case{"postgresql://u@h/d", "postgresql://u@h/d", ""},
      Case{"postgresql://[::1]:5432/d", "postgresql://[::1]:5432/d", ""},
      Case{"postgresql://u:@h/d", "postgresql://u@h/d", ""});
  CAPTURE(c.given);
  const PostgresqlUrl url = parse_postgresql_url(c.given);
  CHECK(url.text == c.text);
  CHECK(url.password == c.password);
}

TEST_CASE("which database a PostgreSQL URL means", "[postgresql_url]") {
  struct Case {
    const char* url;
    const char* place;
  };
  const auto c = GENERATE(
      Case{"postgresql://u@db.example.com/d", "d at db.example.com"},
      Case{"postgresql://other@DB.example.com:5432/d?sslmode=require", "d at db.example.com"},
      Case{"postgresql://u@db:5433/d", "d at db:5433"},
      Case{"postgresql://u@db?port=5433&dbname=d%2Fe", "d/e at db:5433"},
      Case{"postgresql://u@h1:1,h2/d", "d at h1:1 or h2"},
      Case{"postgresql:///d?host=h1,h2&port=1,5432", "d at h1:1 or h2"},
      Case{"postgresql:///d?host=h1,h2&port=7", "d at h1:7 or h2:7"},
      Case{"postgresql:///d?hostaddr=192.0.2.1", "d at 192.0.2.1"},
      Case{"postgresql:///d", "d at localhost"},
      Case{"postgresql:///d?host=/run/postgresql&port=6000", "d at localhost:6000"},
      Case{"postgresql://u@127.0.0.1/d", "d at localhost"},
      Case{"postgresql://[::1]:77/d", "d at localhost:77"},
      Case{"postgresql://[2001:db8::1]/d", "d at [2001:db8::1]"},
      Case{"postgresql://u@h", "u at h"}, Case{"postgresql://h?user=u", "u at h"},
      Case{"postgresql://u@h/%1b[2J", "\\x1b[2J at h"});
  CAPTURE(c.url);
  CHECK(postgresql_place(c.url).text() == c.place);
}

TEST_CASE("servers are one when they share a host", "[postgresql_url]") {
  const PostgresqlPlace both = postgresql_place("postgresql://h1,h2/d");
  CHECK(both.shares_host_with(postgresql_place("postgresql://h2:5432/e")));
  CHECK(!both.shares_host_with(postgresql_place("postgresql://h2:5433/d")));
}

TEST_CASE("a PostgreSQL database is located by its URL", "[postgresql_url]") {
  const TempDir root;
  const std::string url = "postgresql://u:hunter2@host/db";
  const auto by_flag = locate_database(root.path(), url);
  REQUIRE(by_flag.value().postgresql);
  CHECK(by_flag->name() == "postgresql://u@host/db");
  CHECK(by_flag->postgresql->password == "hunter2");
  CHECK(by_flag->chosen_by == "--database");

  const Environment variable("A2A_DATABASE_URL", url);
  for (const char* type : {"postgresql", "sqlite", ""}) {
    const Environment kind("A2A_DB_TYPE", type);
    CHECK(locate_database(root.path(), {}).value().postgresql);
  }
}

}  // namespace
}  // namespace a2a_backup
