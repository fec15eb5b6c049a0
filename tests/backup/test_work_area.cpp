// SPDX-License-Identifier: MIT
#include "a2a_backup/backup/work_area.hpp"
#include "catch.hpp"
#include "support.hpp"

using namespace a2a_backup;
using namespace a2a_backup::test;

TEST_CASE("a work area is private and kept out of version control", "[work_area]") {
  const TempDir root;
  const fs::path area = root_work_area(root.path());
  CHECK(area == root / ".a2a-backup");
  prepare_work_area(area);
  prepare_work_area(area);
  CHECK(tree_of(root.path()) ==
        std::map<std::string, std::string>{{".a2a-backup", "<folder>"},
                                           {".a2a-backup/.gitignore", "*\n"},
                                           {".a2a-backup/stage", "<folder>"}});
  CHECK(mode_of(area) == 0700);
  CHECK(mode_of(stage_folder(area)) == 0700);
}

TEST_CASE("a link in the place of the work area is refused", "[work_area]") {
  const TempDir root;
  const TempDir elsewhere;
  fs::create_directory_symlink(elsewhere.path(), root_work_area(root.path()));
  CHECK_THROWS_AS(prepare_work_area(root_work_area(root.path())), Error);
  CHECK(tree_of(elsewhere.path()).empty());
}

TEST_CASE("an area stands where a rename can reach the files", "[work_area]") {
  const TempDir root;
  fs::create_directory(root / "shared");
  CHECK(work_area_for(root.path(), root / "shared") == root_work_area(root.path()));
  if (!fs::is_directory("/dev/shm") ||
      stat_path("/dev/shm")->st_dev == stat_path(root.path())->st_dev) {
    return;
  }
  const TempDir memory("/dev/shm");
  CHECK(work_area_for(root.path(), memory.path()) == memory / ".a2a-backup");
}

TEST_CASE("only an undo folder with a manifest counts", "[work_area]") {
  const TempDir dir;
  CHECK(newest_undo(dir / "none") == 0);
  CHECK(newest_undo(dir.path()) == 0);
  CHECK(undo_folder(dir.path(), 12) == dir / "undo-12");
  for (const char* name : {"undo-2", "undo-9", "undo-10", "undo-x", "undo-", "undone-99"}) {
    write_text(dir / name / "manifest", "x");
  }
  write_text(dir / "undo-11/tasks.json", "x");
  CHECK(newest_undo(dir.path()) == 10);
}

TEST_CASE("cleaning keeps one undo folder and a journal, and nothing else of ours", "[work_area]") {
  const TempDir dir;
  const fs::path area = dir / ".a2a-backup";
  prepare_work_area(area);
  write_text(stage_folder(area) / "tasks.json", "x");
  write_text(area / "undo-3/manifest", "x");
  write_text(area / "undo-4/manifest", "x");
  write_text(area / "undo-5/tasks.json", "x");
  write_text(area / "journal.tmp", "x");
  write_text(area / "place.tmp", "x");
  write_text(area / "journal", "x");
  clean_work_area(area, 4);
  CHECK(tree_of(area) == std::map<std::string, std::string>{{".gitignore", "*\n"},
                                                            {"journal", "x"},
                                                            {"undo-4", "<folder>"},
                                                            {"undo-4/manifest", "x"}});
  fs::remove(area / "journal");
  clean_work_area(area, 4);
  CHECK(fs::exists(area / "undo-4/manifest"));
  clean_work_area(area, 0);
  CHECK(!fs::exists(area));
  clean_work_area(area, 0);
}
