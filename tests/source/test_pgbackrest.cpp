// SPDX-License-Identifier: MIT
#include "a2a_backup/source/pgbackrest.hpp"
#include "catch.hpp"
#include "support.hpp"

using namespace a2a_backup;
using namespace a2a_backup::test;
using namespace std::chrono;

namespace {

PgBackRestState state_of(const std::string& fixture, const std::string& stanza = "a2a") {
  return parse_pgbackrest_info(
      read_text_file(fs::path(A2A_TEST_FIXTURES) / "pgbackrest" / (fixture + ".json")), stanza);
}

TimePoint at(std::int64_t unix_time) {
  return TimePoint{seconds{unix_time}};
}

}  // namespace

TEST_CASE("pgBackRest's backups are read with what leads from them to a moment", "[pgbackrest]") {
  const PgBackRestState state = state_of("info_three_backups");
  CHECK(state.problem.empty());
  CHECK(state.code == 0);
  CHECK(state.archive_id == "15-1");
  CHECK(state.version == "15");
  CHECK_FALSE(state.several_repositories);
  REQUIRE(state.backups.size() == 3);
  const PgBackup& full = state.backups[0];
  CHECK(full.label == "20250714-200907F");
  CHECK(full.type == "full");
  CHECK(full.stop == at(1752523751));
  CHECK(full.timeline == 1);
  CHECK(full.stop_lsn == 0x3000050);
  CHECK(full.size == 22992394);
  CHECK_FALSE(full.damaged);
  CHECK(state.backups[1].type == "diff");
  CHECK(state.backups[2].type == "incr");
  CHECK(state.backups[2].timeline == 2);
}

TEST_CASE("what is wrong with a stanza is said by the repository it is wrong in", "[pgbackrest]") {
  const PgBackRestState missing = state_of("info_missing_stanza", "nope");
  CHECK(missing.code == 1);
  CHECK(missing.problem == "missing stanza path");
  CHECK(missing.backups.empty());

  const PgBackRestState two = state_of("info_two_repos");
  CHECK(two.problem == "repository 2: missing stanza path");
  CHECK(two.repository == 1);
  CHECK(two.several_repositories);
  CHECK(two.backups.size() == 3);

  const PgBackRestState unreadable = state_of("info_unreadable");
  CHECK(unreadable.problem ==
        "[FileOpenError] unable to load info file '/var/lib/pgbackrest/backup/a2a/backup.info' or "
        "'/var/lib/pgbackrest/backup/a2a/backup.info.copy'");

  CHECK(parse_pgbackrest_info("[]", "a2a").problem == "missing stanza");
}

TEST_CASE("backups of a cluster before an upgrade are passed over", "[pgbackrest]") {
  const std::string backup =
      R"({"archive":{"start":"0000000A0000000000000002","stop":"0000000A0000000000000002"},
          "database":{"id":ID,"repo-key":1},"error":true,"info":{"size":1},"label":"LABEL",
          "timestamp":{"start":1,"stop":ID},"type":"full"})";
  const auto of = [&](const std::string& id, const std::string& label) {
    std::string text = backup;
    for (std::size_t found; (found = text.find("ID")) != std::string::npos;)
      text.replace(found, 2, id);
    return text.replace(text.find("LABEL"), 5, label);
  };
  const PgBackRestState state = parse_pgbackrest_info(
      R"([{"name":"a","status":{"code":0,"message":"ok"},
           "repo":[{"key":1,"status":{"code":0,"message":"ok"}}],
           "db":[{"id":1,"version":"14"},{"id":2,"version":"15"}],
           "archive":[{"database":{"id":1},"id":"14-1","max":"000000010000000000000009"},
                      {"database":{"id":2},"id":"15-2","max":null}],
           "backup":[)" +
          of("1", "old") + "," + of("2", "new") + "]}]",
      "a");
  REQUIRE(state.backups.size() == 1);
  CHECK(state.backups[0].label == "new");
  CHECK(state.backups[0].damaged);
  CHECK(state.backups[0].timeline == 10);
  CHECK(state.archive_id == "15-2");
  CHECK(state.version == "15");
}

TEST_CASE("an answer that is not pgBackRest's is an error", "[pgbackrest]") {
  for (const char* text : {"", "stanza: a2a", R"([{"name":"a2a"}])", R"({"name":"a2a"})"}) {
    CHECK_THROWS_AS(parse_pgbackrest_info(text, "a2a"), Error);
  }
}

TEST_CASE("segments and histories are found in the list of the archive", "[pgbackrest]") {
  const LogArchive archive = parse_archive_listing(
      R"({".":{"type":"path"},"0000000100000000":{"type":"path"},
          "0000000100000000/000000010000000000000002-8ca52f84.gz":{"type":"file","time":20},
          "0000000100000000/000000010000000000000001-7ffb7a7b.gz":{"type":"file","time":30},
          "0000000100000000/000000010000000000000002.00000028.backup":{"type":"file","time":99},
          "0000000100000000/000000010000000000000003.partial-12ab.gz":{"type":"file","time":99},
          "0000000A00000000/0000000A0000000000000002-8ca52f84.zst":{"type":"file","time":5},
          "0000000A.history":{"type":"file","size":33,"time":1752524097}})");
  REQUIRE(archive.segments.size() == 3);
  CHECK(archive.segments[0].name == "000000010000000000000001");
  CHECK(archive.segments[2].timeline() == 10);
  CHECK(archive.newest() == at(30));
  CHECK(archive.last_of(1) == "000000010000000000000002");
  CHECK(archive.last_of(2).empty());
  CHECK(archive.began == std::map<unsigned, TimePoint>{{10, at(1752524097)}});
  CHECK_FALSE(parse_archive_listing("{}").newest());
  CHECK_THROWS_AS(parse_archive_listing("nothing"), Error);
}

TEST_CASE("a history says where each ancestor was left", "[pgbackrest]") {
  const auto history = parse_timeline_history(
      "1\t0/5000000\tafter LSN 0/4056F08\n\n2\t1/A000028\tbefore 2026-11-26 20:25:30+00\n");
  CHECK(history == std::map<unsigned, Lsn>{{1, 0x5000000}, {2, 0x10A000028}});
  CHECK(parse_timeline_history("").empty());
  CHECK(history_file(26) == "0000001A.history");
}
