// SPDX-License-Identifier: MIT
#include "restore_state.hpp"

#include "a2a_backup/archive/entry_name.hpp"
#include "a2a_backup/backup/work_area.hpp"
#include "a2a_backup/core/side_work.hpp"
#include "restore_facts.hpp"

namespace a2a_backup {

Restore::State::State(RestoreOptions given)
    : options(std::move(given)),
      lock(options.root, FileLock::Mode::exclusive, options.lock_timeout) {
  refuse_while_pending(options.root);
}

Restore::State::~State() {
  if (committed) return;
  const std::uint64_t newest = newest_undo(root_work_area(options.root));
  for (const fs::path& area : areas) clean_work_area(area, newest);
}

/// A dump reaches its database from anywhere.
fs::path Restore::State::area_for(const std::string& entry, const fs::path& live) {
  const fs::path area = entry == postgresql_entry
                            ? root_work_area(options.root)
                            : work_area_for(options.root, existing_parent(live));
  if (areas.insert(area).second) {
    // What a crash before its commit point left behind.
    clean_work_area(area, newest_undo(root_work_area(options.root)));
    prepare_work_area(area);
  }
  return area;
}

void Restore::State::add(Prepared item, Content content) {
  item.facts.entry = item.target.entry;
  item.facts.live = item.target.live;
  item.target.fresh.content = content;
  if (content != Content::absent) {
    if (content != Content::postgresql) adopt_owner(item.target.fresh.file, item.target.live);
    item.target.fresh.sha256 = item.facts.fresh_digest->sha256;
  }
  prepared.push_back(std::move(item));
}

/// The live files are looked at side by side: each takes a thread some time.
void Restore::State::make_plan(const LiveAccess& access) {
  SideWork looks(options.jobs > 1);
  for (Prepared& item : prepared) {
    looks.begin([&] {
      look_at_live(item.facts, item.target.fresh, access, stage_folder(item.target.area));
    });
  }
  looks.finish();
  for (Prepared& item : prepared) {
    plan.files.push_back(plan_file(item.facts));
    add_examples(plan.files.back());
    // What they have on the disk may be the space that the commit needs.
    item.facts.live_json.reset();
    item.facts.fresh_json.reset();
  }
}

HeldDatabases Restore::State::keep_live(Journal& journal, const LiveAccess& access) {
  area_for({}, options.root / "shared");
  make_private_dir(undo_folder(root_work_area(options.root), journal.number));
  HeldDatabases held;
  for (Target& target : journal.targets) {
    const fs::path folder = undo_folder(target.area, journal.number);
    make_private_dir(folder);
    auto database = lock_database(target, target.fresh, access);
    target.old = keep_old(target, folder, database.get());
    held[target.live] = std::move(database);
    sync_dir(folder);
  }
  for (const fs::path& area : areas) {
    sync_dir(stage_folder(area));
    sync_dir(area);
  }
  return held;
}

/// A journal that is visible but perhaps not durable is taken away again: nothing has been touched.
void Restore::State::commit(const Journal& journal) {
  try {
    write_journal(options.root, journal);
    committed = true;
  } catch (const Error&) {
    committed = true;  // unless it can be taken away, it counts, and needs what was staged
    drop_journal(options.root);
    committed = false;
    throw;
  }
}

}  // namespace a2a_backup
