// SPDX-License-Identifier: MIT
#include "a2a_backup/backup/prune.hpp"
#include "a2a_backup/store/local_store.hpp"
#include "backup/archives.hpp"
#include "catch.hpp"
#include "store/memory_store.hpp"
#include "support.hpp"

using namespace a2a_backup;
using namespace a2a_backup::test;
using Names = std::vector<std::string>;

namespace {

const Contents small{{"shared/tasks.json", "[]"}};

std::string name_of(int day) {
  return "a2a_backup_2025070" + std::to_string(day) + "_020000.zip";
}

/// Fails where it is told to, and writes down what it was asked for.
class WatchedStore : public MemoryStore {
 public:
  void remove(const std::string& name) override {
    if (name == locked) throw Error(ErrorKind::failed, "cannot remove " + name, "look there");
    calls.push_back(name);
    MemoryStore::remove(name);
  }
  void sync() override {
    calls.emplace_back("sync");
    if (bad_disk) throw Error(ErrorKind::failed, "cannot make memory durable");
  }

  Names calls;
  std::string locked;
  bool bad_disk = false;
};

/// Five nights, July 1 to 5.
struct Fixture {
  Fixture() {
    for (int day = 1; day <= 5; ++day) add(day);
    policy.last = 2;
  }
  void add(int day) {
    const fs::path file = dir / "backup.zip";
    write_backup(file, "2025-07-0" + std::to_string(day) + "T02:00:00Z", small);
    store.put(file, name_of(day));
    fs::remove(file);
  }
  PruneResult prune() { return remove_backups(store, plan_prune(store, policy)); }

  TempDir dir;
  WatchedStore store;
  RetentionPolicy policy;
};

}  // namespace

TEST_CASE("the oldest go first, and one sync makes it last", "[prune]") {
  Fixture f;
  std::uint64_t freed = 0;
  for (int day = 1; day <= 3; ++day) freed += f.store.open(name_of(day))->size();
  const PruneResult result = f.prune();
  CHECK(!result.problem);
  CHECK(result.removed == Names{name_of(1), name_of(2), name_of(3)});
  CHECK(f.store.calls == Names{name_of(1), name_of(2), name_of(3), "sync"});
  CHECK(f.store.list("").size() == 2);
  CHECK(result.freed == freed);
  f.store.calls.clear();
  CHECK(f.prune().removed.empty());
  CHECK(f.store.calls.empty());
}

TEST_CASE("the first error ends it, and says how far it came", "[prune]") {
  Fixture f;
  f.store.locked = name_of(2);
  const PruneResult result = f.prune();
  CHECK(result.removed == Names{name_of(1)});
  CHECK(f.store.calls == Names{name_of(1), "sync"});
  REQUIRE(result.problem);
  CHECK(result.problem->kind() == ErrorKind::failed);
  CHECK(result.problem->message() ==
        "cannot remove " + name_of(2) + "; 1 of 3 backups removed, the oldest first");
  CHECK(result.problem->hint() ==
        "nothing else was touched; run 'a2a-backup prune' again when the cause is gone");
  f.store.locked.clear();
  CHECK(f.prune().removed == Names{name_of(2), name_of(3)});
}

TEST_CASE("what cannot be made durable is not reported as done", "[prune]") {
  Fixture f;
  f.store.bad_disk = true;
  const PruneResult result = f.prune();
  REQUIRE(result.problem);
  CHECK(result.problem->message() ==
        "cannot make memory durable; 3 of 3 backups removed, the oldest first");
}

TEST_CASE("an agreement holds for what was shown, and for no more", "[prune]") {
  Fixture f;
  const auto agreed = plan_prune(f.store, f.policy);
  SECTION("a backup that came meanwhile makes no other one go") {
    f.add(6);
    CHECK(remove_agreed(f.store, f.policy, agreed).removed ==
          Names{name_of(1), name_of(2), name_of(3)});
    CHECK(f.store.list("").size() == 3);
  }
  SECTION("where the newest ones are lost meanwhile, older ones take their places") {
    f.store.MemoryStore::remove(name_of(5));
    f.store.MemoryStore::remove(name_of(4));
    CHECK(remove_agreed(f.store, f.policy, agreed).removed == Names{name_of(1)});
    CHECK(f.store.list("").size() == 2);
  }
  SECTION("one that somebody else has removed is not counted") {
    f.store.MemoryStore::remove(name_of(1));
    CHECK(remove_agreed(f.store, f.policy, agreed).removed == Names{name_of(2), name_of(3)});
  }
}

TEST_CASE("a symbolic link is not a backup of its own", "[prune]") {
  const TempDir dir;
  for (int day = 1; day <= 3; ++day) {
    write_backup(dir / name_of(day), "2025-07-0" + std::to_string(day) + "T02:00:00Z", small);
  }
  // Taken as backups these two would be the newest, and their target would go.
  fs::create_symlink(name_of(3), dir / name_of(4));
  fs::create_symlink(name_of(3), dir / name_of(5));
  LocalStore store(dir.path());
  RetentionPolicy policy;
  policy.last = 1;
  CHECK(remove_backups(store, plan_prune(store, policy)).removed == Names{name_of(1), name_of(2)});
  CHECK(tree_of(dir.path()).size() == 3);
}

TEST_CASE("a backup that is being read stays readable when it goes", "[prune]") {
  const TempDir dir;
  for (int day = 1; day <= 2; ++day) {
    write_backup(dir / name_of(day), "2025-07-0" + std::to_string(day) + "T02:00:00Z", small);
  }
  LocalStore store(dir.path());
  SelectedBackup reading = select_backup(store, {"latest~1", {}, dir.path(), 1});
  RetentionPolicy policy;
  policy.last = 1;
  CHECK(remove_backups(store, plan_prune(store, policy)).removed == Names{name_of(1)});
  CHECK(reading.file->check(reading.file->entries().front(), no_progress()).size == 2);
}

TEST_CASE("create prunes after a success, in its folder only", "[prune]") {
  const TempDir root;
  make_system(root.path());
  for (int day = 1; day <= 3; ++day) {
    write_backup(root / "backups" / name_of(day), "2025-07-0" + std::to_string(day) + "T02:00:00Z",
                 small);
  }
  CreateOptions options;
  options.root = root.path();
  options.backup_dir = root / "backups";
  options.retention.emplace().last = 2;
  const LocalStore store(root / "backups");
  SECTION("done") {
    const CreateResult result = create_backup(options, no_progress());
    REQUIRE(result.pruned);
    CHECK(result.pruned->removed == Names{name_of(1), name_of(2)});
    CHECK(!result.pruned->problem);
    CHECK(fs::exists(result.path));
    CHECK(store.list("").size() == 2);
  }
  SECTION("a create that fails removes nothing") {
    write_text(root / "shared/tasks.json", "[{");
    CHECK(error_of([&] { create_backup(options, no_progress()); }).kind() == ErrorKind::source);
    CHECK(store.list("").size() == 3);
  }
  SECTION("one that goes elsewhere removes nothing") {
    options.output = root / "here.zip";
    CHECK(!create_backup(options, no_progress()).pruned);
    options.output.reset();
    options.deliver = [](const fs::path&) {};
    CHECK(!create_backup(options, no_progress()).pruned);
    options.deliver = nullptr;
    options.dry_run = true;
    CHECK(!create_backup(options, no_progress()).pruned);
    CHECK(store.list("").size() == 3);
  }
  SECTION("rules that keep nothing are a problem beside a good backup") {
    options.retention->last = 0;
    options.retention->tags = {"run"};
    const CreateResult result = create_backup(options, no_progress());
    REQUIRE(result.pruned);
    REQUIRE(result.pruned->problem);
    CHECK(result.pruned->problem->kind() == ErrorKind::refused);
    CHECK(store.list("").size() == 4);
  }
}
