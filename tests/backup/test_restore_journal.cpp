// SPDX-License-Identifier: MIT
#include "a2a_backup/backup/restore_journal.hpp"
#include "a2a_backup/backup/work_area.hpp"
#include "catch.hpp"
#include "support.hpp"

using namespace a2a_backup;
using namespace a2a_backup::test;
using Catch::Matchers::ContainsSubstring;

namespace {

struct Fixture {
  Fixture() {
    prepare_work_area(area);
    journal.number = 7;
    journal.created = parse_time("2025-07-11T01:18:32.046675Z").value();
    journal.what = "restore of a2a_backup_20250711_011832.zip";
    journal.targets = {{"database/a2a_system.db",
                        "/app/d\xc3\xa9/x.db",
                        area,
                        {Content::database, area / "stage/x.db", std::string(64, 'a')},
                        {Content::raw_database, area / "undo-7/x.db", ""}},
                       {"shared/tasks.json",
                        "/app/\"quoted\"\n.json",
                        area,
                        {Content::file, area / "stage/t.json", std::string(64, 'b')},
                        {Content::absent, {}, ""}}};
  }
  fs::path file() const { return area / "journal"; }

  TempDir root;
  fs::path area = root_work_area(root.path());
  Journal journal;
};

void check_equal(const Slot& a, const Slot& b) {
  CHECK(a.content == b.content);
  CHECK(a.file == b.file);
  CHECK(a.sha256 == b.sha256);
}

void check_equal(const Journal& a, const Journal& b) {
  CHECK(a.number == b.number);
  CHECK(a.created == b.created);
  CHECK(a.what == b.what);
  REQUIRE(a.targets.size() == b.targets.size());
  for (std::size_t i = 0; i < a.targets.size(); ++i) {
    CHECK(a.targets[i].entry == b.targets[i].entry);
    CHECK(a.targets[i].live == b.targets[i].live);
    CHECK(a.targets[i].area == b.targets[i].area);
    check_equal(a.targets[i].fresh, b.targets[i].fresh);
    check_equal(a.targets[i].old, b.targets[i].old);
  }
}

}  // namespace

TEST_CASE("a journal is read back as it was written", "[restore_journal]") {
  const Fixture f;
  CHECK(!read_journal(f.root.path()).has_value());
  write_journal(f.root.path(), f.journal);
  check_equal(read_journal(f.root.path()).value(), f.journal);
  CHECK(mode_of(f.file()) == 0600);
  CHECK(!fs::exists(f.file().string() + ".tmp"));
}

TEST_CASE("what a crash left of a journal is no journal and in nobody's way", "[restore_journal]") {
  const Fixture f;
  write_text(f.file().string() + ".tmp", "half");
  CHECK(!read_journal(f.root.path()).has_value());
  CHECK_NOTHROW(refuse_while_pending(f.root.path()));
  write_journal(f.root.path(), f.journal);
  check_equal(read_journal(f.root.path()).value(), f.journal);
}

TEST_CASE("a journal stops every other run", "[restore_journal]") {
  const Fixture f;
  refuse_while_pending(f.root.path());
  write_journal(f.root.path(), f.journal);
  const Error error = error_of([&] { refuse_while_pending(f.root.path()); });
  CHECK(error.kind() == ErrorKind::pending);
  CHECK_THAT(error.hint(), ContainsSubstring("--resume") && ContainsSubstring("--rollback"));
  drop_journal(f.root.path());
  drop_journal(f.root.path());
  CHECK_NOTHROW(refuse_while_pending(f.root.path()));
}

TEST_CASE("a damaged journal is never followed", "[restore_journal]") {
  const Fixture f;
  write_journal(f.root.path(), f.journal);
  const std::string text = read_text_file(f.file());
  SECTION("changed anywhere") {
    for (const char* part :
         {"/app", "file", "absent", "\"number\": 7", "2025", "restore of", "aaa"}) {
      std::string changed = text;
      char& byte = changed.at(changed.find(part) + std::string(part).size() - 1);
      byte = byte == 'x' ? 'y' : byte == '7' ? '8' : 'x';
      CAPTURE(part);
      write_text(f.file(), changed);
      CHECK(error_of([&] { read_journal(f.root.path()); }).kind() == ErrorKind::failed);
    }
  }
  SECTION("cut off") {
    for (std::size_t size = 0; size + 1 < text.size(); size += 50) {
      write_text(f.file(), text.substr(0, size));
      CHECK(error_of([&] { read_journal(f.root.path()); }).kind() == ErrorKind::failed);
    }
  }
  SECTION("something else") {
    write_text(f.file(), GENERATE(as<std::string>{}, "[]", "{}", "null", "{\"journal\": 1}"));
    const Error error = error_of([&] { read_journal(f.root.path()); });
    CHECK_THAT(error.message(), ContainsSubstring(f.file().string()));
    CHECK_THAT(error.hint(), ContainsSubstring("undo-"));
  }
  // It still counts as one: nobody may start anew over a restore that stopped half-way.
  CHECK(error_of([&] { refuse_while_pending(f.root.path()); }).kind() == ErrorKind::pending);
}

TEST_CASE("a finished restore's journal is the manifest of its undo folder", "[restore_journal]") {
  const Fixture f;
  CHECK(!read_undo(f.root.path()).has_value());
  write_journal(f.root.path(), f.journal);
  fs::create_directory(undo_folder(f.area, 7));
  retire_journal(f.root.path(), f.journal);
  CHECK(!fs::exists(f.file()));
  CHECK_NOTHROW(refuse_while_pending(f.root.path()));
  check_equal(read_undo(f.root.path()).value(), f.journal);
  write_text(undo_folder(f.area, 7) / "manifest", "{}");
  CHECK(error_of([&] { read_undo(f.root.path()); }).kind() == ErrorKind::failed);
}

TEST_CASE("a path that is not UTF-8 cannot be noted, and nothing is written", "[restore_journal]") {
  Fixture f;
  f.journal.targets[0].live = "/app/\xff.db";
  const Error error = error_of([&] { write_journal(f.root.path(), f.journal); });
  CHECK(error.kind() == ErrorKind::failed);
  CHECK_THAT(error.message(), ContainsSubstring("not UTF-8"));
  CHECK(!fs::exists(f.file()));
}
