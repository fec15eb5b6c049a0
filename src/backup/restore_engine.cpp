// SPDX-License-Identifier: MIT
#include "a2a_backup/backup/restore_engine.hpp"

#include <algorithm>
#include <set>

#include "a2a_backup/backup/live_file.hpp"
#include "a2a_backup/backup/staged_backup.hpp"
#include "a2a_backup/backup/work_area.hpp"
#include "a2a_backup/core/interrupt.hpp"
#include "a2a_backup/core/log.hpp"
#include "a2a_backup/source/postgresql_replacement.hpp"

namespace a2a_backup {
namespace {

/// Every area that the journal, or the undo state that it supersedes, has files in.
std::set<fs::path> areas_of(const fs::path& root, const Journal& journal) {
  std::set<fs::path> areas{root_work_area(root)};
  for (const Target& target : journal.targets) areas.insert(target.area);
  try {
    if (const auto previous = read_undo(root)) {
      for (const Target& target : previous->targets) areas.insert(target.area);
    }
  } catch (const Error&) {
    // A damaged manifest costs the clean-up of a far area, not this restore.
    log::debug("the undo state of an earlier restore is damaged");
  }
  return areas;
}

void require_intact(const Slot& slot) {
  if (slot.content == Content::absent || slot.sha256.empty()) return;
  if (digest_file(slot.file).sha256 == slot.sha256) return;
  throw Error(ErrorKind::failed, slot.file.string() + " changed since it was proven");
}

/// The file stands in its place under its own name; nobody needs to read it again to know that.
void prove_file(const Target& target) {
  if (is_in_place(target, target.fresh, {})) return;
  if (target.fresh.content == Content::file &&
      digest_file(target.live).sha256 == target.fresh.sha256) {
    return;
  }
  throw Error(ErrorKind::failed, target.live.string() + " is not what was put there");
}

/// Reads the restored database as the application would, and compares it with the copy. An
/// application that is running may have written since; then only its soundness can be told.
void prove_database(const Target& target, const Slot& slot, const LiveAccess& access,
                    std::vector<std::string>& notes) {
  const std::string name = target.live.string();
  try {
    if (is_same_sqlite(target.live, slot.file, access.timeout)) return;
    require_sound_live(target.live, access.timeout);
    notes.push_back("the application has already written to " + name + " again");
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::busy) throw;
    notes.push_back("the application keeps " + name + " locked, it was not read back");
  }
}

/// Row for row is for the dump to tell; that every table has as many as were counted in it, for us.
void prove_postgresql(const Target& target, const LiveAccess& access,
                      std::vector<std::string>& notes) {
  const auto rows = read_postgresql(access.postgresql.value(), access.timeout).state.rows;
  for (const auto& [table, count] : target.fresh.state.rows) {
    const auto found = rows.find(table);
    if (found == rows.end()) {
      throw Error(ErrorKind::failed, target.live.string() + " has no table " + table);
    }
    if (found->second == count) continue;
    notes.push_back("the application has already written to " + target.live.string() + " again");
    return;
  }
}

void prove(const Target& target, const LiveAccess& access, std::vector<std::string>& notes) {
  if (target.fresh.content == Content::postgresql) {
    prove_postgresql(target, access, notes);
  } else if (target.fresh.content == Content::database &&
             !is_in_place(target, target.fresh, access)) {
    prove_database(target, target.fresh, access, notes);
  } else {
    prove_file(target);
  }
}

std::vector<std::string> put_all_in_place(const Journal& journal, HeldDatabases& held,
                                          const LiveAccess& access, std::size_t& touched) {
  std::vector<std::string> notes;
  for (const Target& target : journal.targets) {
    const bool was_there = stat_path(target.live).has_value();
    auto lock = std::move(held[target.live]);
    // A held lock means that the slot was proven a moment ago in this very run.
    if (!lock && !is_in_place(target, target.fresh, access)) require_intact(target.fresh);
    ++touched;
    put_in_place(target, target.fresh, std::move(lock), access);
    prove(target, access, notes);
    if (is_sqlite_entry(target.entry) && is_in_place(target, target.fresh, access) && !was_there) {
      notes.push_back("the database is a new file: restart the application if it is running");
    }
  }
  return notes;
}

void put_back(const fs::path& root, const Journal& journal, std::size_t touched,
              const LiveAccess& access) {
  const auto areas = areas_of(root, journal);
  for (std::size_t i = touched; i-- > 0;) {
    const Target& target = journal.targets[i];
    put_in_place(target, target.old, nullptr, access);
    if (target.old.content != Content::database) continue;
    std::vector<std::string> notes;  // whoever wrote meanwhile is not to be told
    if (!is_in_place(target, target.old, access)) {
      prove_database(target, target.old, access, notes);
    }
  }
  drop_journal(root);
  // Its journal may have been retired into it before the failure; it is not to be undone twice.
  remove_quietly(undo_folder(root_work_area(root), journal.number));
  const std::uint64_t previous = newest_undo(root_work_area(root));
  for (const fs::path& area : areas) clean_work_area(area, previous);
}

[[noreturn]] void roll_back_after(const Error& cause, const fs::path& root, const Journal& journal,
                                  std::size_t touched, const LiveAccess& access) {
  try {
    put_back(root, journal, touched, access);
  } catch (const Error& second) {
    throw Error(ErrorKind::pending,
                "the restore failed (" + cause.message() + ") and could not be taken back (" +
                    second.message() + ")",
                "mend the cause, then run 'a2a-backup restore --resume' or "
                "'a2a-backup restore --rollback'");
  }
  throw Error(ErrorKind::rolled_back,
              "the restore failed and everything is as it was before: " + cause.message(),
              cause.hint().empty() ? "mend the cause and try again" : cause.hint());
}

}  // namespace

std::vector<std::string> carry_out(const fs::path& root, const Journal& journal, HeldDatabases held,
                                   const LiveAccess& access) {
  const InterruptShield shield;
  std::size_t touched = 0;
  try {
    std::vector<std::string> notes = put_all_in_place(journal, held, access, touched);
    const auto areas = areas_of(root, journal);
    retire_journal(root, journal);
    for (const fs::path& area : areas) clean_work_area(area, journal.number);
    return notes;
  } catch (const Error& error) {
    held.clear();
    roll_back_after(error, root, journal, touched, access);
  }
}

void take_back(const fs::path& root, const Journal& journal, const LiveAccess& access) {
  const InterruptShield shield;
  put_back(root, journal, journal.targets.size(), access);
}

}  // namespace a2a_backup
