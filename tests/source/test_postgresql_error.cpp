// SPDX-License-Identifier: MIT
#include "../../src/source/postgresql_error.hpp"
#include "catch.hpp"

using namespace a2a_backup;

namespace {

Error error_of(const std::string& messages, bool standby = false) {
  ProgramResult result;
  result.exit_code = 3;
  result.messages = messages;
  return postgresql_error(result, "cannot", ErrorKind::source, standby);
}

bool overtaken(const std::string& messages) {
  ProgramResult result;
  result.messages = messages;
  return schema_changed(result);
}

}  // namespace

TEST_CASE("an error is known by its SQLSTATE, whatever language the server speaks",
          "[postgresql]") {
  const Error lock = error_of("FEHLER:  55P03: storniere Anfrage\nLOCATION:  x, postgres.c:1\n");
  CHECK(lock.kind() == ErrorKind::busy);
  CHECK(is_about_lock(lock));
  CHECK(lock.message() == "cannot: storniere Anfrage");
  CHECK(overtaken("ERREUR:  42P01: la relation n'existe pas\nLINE 1: SELECT\n"));
}

TEST_CASE("a serialization failure is one of a replica only there", "[postgresql]") {
  const Error replica = error_of("FEHLER:  40001: breche ab\n", true);
  CHECK(replica.kind() == ErrorKind::busy);
  CHECK(replica.hint().find("hot_standby_feedback") != std::string::npos);
  CHECK_FALSE(is_about_lock(replica));
  const std::string words = "canceling statement due to conflict with recovery\n";
  for (const char* begin : {"ERROR:  40001: ", "pg_dump: error: query failed: ERROR:  "}) {
    CHECK(error_of(begin + words).kind() == ErrorKind::busy);
    CHECK(error_of(begin + words).hint() == replica.hint());
  }
  for (const char* each : {"FEHLER:  40001: kann Zugriff nicht serialisieren\n",
                           "ERROR:  40001: could not serialize access due to concurrent update\n",
                           "ERROR:  could not serialize access due to concurrent update\n"}) {
    CHECK(error_of(each).kind() == ErrorKind::source);
    CHECK(error_of(each).hint().starts_with("try again"));
  }
}

TEST_CASE("an error without a SQLSTATE is known by its words", "[postgresql]") {
  CHECK(
      is_about_lock(error_of("pg_dump: error: query failed: ERROR:  canceling statement due to "
                             "lock timeout\npg_dump: detail: Query was: LOCK TABLE x\n")));
  CHECK(error_of("psql: error: connection to server at \"::1\" failed: FATAL:  password "
                 "authentication failed for user \"x\"\n")
            .kind() == ErrorKind::key);
  CHECK(overtaken("pg_dump: error: query failed: ERROR:  relation \"x\" does not exist\n"));
  CHECK(error_of("psql: error: out of luck\n").message() == "cannot: out of luck");
  CHECK(error_of("out of luck\n").message() == "cannot: out of luck");
}

TEST_CASE("words say more than a SQLSTATE that several errors share", "[postgresql]") {
  CHECK(error_of("ERROR:  42501: must be owner of table x\n").hint() !=
        error_of("ERROR:  42501: permission denied for table x\n").hint());
  CHECK(error_of("FEHLER:  42501: keine Berechtigung\n").hint() ==
        error_of("ERROR:  42501: permission denied for table x\n").hint());
}

TEST_CASE("too many locks are told from too little memory", "[postgresql]") {
  const std::string locks = error_of(
                                "ERROR:  53200: out of shared memory\n"
                                "HINT:  You might need to increase max_locks_per_transaction.\n")
                                .hint();
  CHECK(locks.starts_with("raise max_locks_per_transaction"));
  CHECK(error_of("FEHLER:  53200: Shared Memory aufgebraucht\n"
                 "TIPP:  Sie müssen möglicherweise »max_locks_per_transaction« erhöhen.\n")
            .hint() == locks);
  for (const char* each : {"ERROR:  53200: out of memory\nDETAIL:  Failed on request of size 8.\n",
                           "FEHLER:  53200: Speicher aufgebraucht\n",
                           "pg_dump: error: query failed: ERROR:  out of memory\n",
                           "ERROR:  53200: out of shared memory\nHINT:  You might need to increase "
                           "max_pred_locks_per_transaction.\n"}) {
    const std::string either = error_of(each).hint();
    CHECK(either.find("more memory") != std::string::npos);
    CHECK(either.find("max_locks_per_transaction") != std::string::npos);
  }
}

TEST_CASE("a server that ended is told from one that cannot be reached", "[postgresql]") {
  const Error lost = error_of(
      "psql:<stdin>:3: server closed the connection unexpectedly\n\tThis probably means the server "
      "terminated abnormally\n\tbefore or while processing the request.\n"
      "psql:<stdin>:3: error: connection to server was lost\n");
  CHECK(lost.hint().find("server's log") != std::string::npos);
  CHECK(error_of("psql: error: connection to server at \"::1\", port 1 failed: Connection "
                 "refused\n")
            .hint()
            .find("A2A_DATABASE_URL") != std::string::npos);
}

TEST_CASE("the last error counts, and what is none does not", "[postgresql]") {
  CHECK(error_of("ERROR:  2BP01: expected\nERROR:  42601: bad\nWARNING:  01000: a warning\n"
                 "NOTICE:  00000: a notice\nDETAIL:  short: no\n")
            .message() == "cannot: bad");
  CHECK(error_of("WARNING:  25P01: there is no transaction in progress\nERROR:  42601: bad\n"
                 "psql:<stdin>:7: WARNING:  40001: error: just a warning\n")
            .message() == "cannot: bad");
  CHECK(error_of("psql: error: no server\nWARNING:  ERROR:  a warning\n").message() ==
        "cannot: no server");
  CHECK(error_of("ERROR:  42601: bad\nWARNING:  01000: permission denied\n").hint().empty());
  CHECK(error_of("ERROR:  42601: LOG:  bad\n").message() == "cannot: LOG:  bad");
  CHECK(error_of("ERROR:  42601: bad\nCONTEXT:  ab1: x\n").message() == "cannot: bad");
}
