// SPDX-License-Identifier: MIT
#include "a2a_backup/backup/live_file.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>

#include "a2a_backup/archive/entry_name.hpp"
#include "a2a_backup/backup/staged_backup.hpp"
#include "a2a_backup/core/path.hpp"
#include "a2a_backup/source/postgresql_replacement.hpp"
#include "a2a_backup/source/sqlite_replacement.hpp"

namespace a2a_backup {
namespace {

/// What SQLite keeps beside a database. Left beside a replaced file, a log would be replayed into
/// it and damage it without a trace.
constexpr std::array sidecars{"-wal", "-shm", "-journal"};

/// The -shm is only an index of the -wal, SQLite makes it anew.
constexpr std::array kept_sidecars{"-wal", "-journal"};

fs::path beside(const fs::path& path, const char* suffix) {
  return path.string() + suffix;
}

void copy_durably(const fs::path& from, const fs::path& to) {
  FileReader reader(from);
  write_new_file(reader, to);
  adopt_owner(to, from);
}

/// A second name for the file where the file system has hard links, else a copy.
void link_or_copy(const fs::path& from, const fs::path& to) {
  if (::link(from.c_str(), to.c_str()) == 0) return;
  if (errno == EEXIST || errno == ENOENT) {
    throw system_error(ErrorKind::failed, "cannot create " + to.string(), errno);
  }
  copy_durably(from, to);
}

void remove_durably(const fs::path& path) {
  if (unlink(path.c_str()) != 0 && errno != ENOENT) {
    throw system_error(ErrorKind::failed, "cannot remove " + path.string(), errno);
  }
}

/// Renames a second name of `prepared` over `live`, so that `prepared` itself stays for a repeat.
void move_over(const fs::path& prepared, const fs::path& live, const fs::path& area) {
  const fs::path temporary = area / "place.tmp";
  remove_durably(temporary);
  link_or_copy(prepared, temporary);
  if (std::rename(temporary.c_str(), live.c_str()) != 0) {
    throw system_error(ErrorKind::failed, "cannot replace " + live.string(), errno);
  }
  // A rename between two names of one file does nothing and leaves both.
  remove_durably(temporary);
}

void create_parent(const fs::path& live) {
  const fs::path parent = live.parent_path();
  if (fs::is_directory(parent)) return;
  create_parent(parent);
  make_private_dir(parent);
  if (const auto status = stat_path(parent.parent_path())) {
    // Only root can give a folder away; anybody else is its right owner already.
    [[maybe_unused]] const int ignored = chown(parent.c_str(), status->st_uid, status->st_gid);
  }
  sync_dir(parent.parent_path());
}

void remove_sidecars(const fs::path& live) {
  for (const char* suffix : sidecars) remove_durably(beside(live, suffix));
  sync_dir(live.parent_path());
}

void replace_by_name(const Target& target, const Slot& slot) {
  create_parent(target.live);
  // First the log, then the file: between the two an old file without its log stands there, never
  // a new file with a foreign one.
  if (is_sqlite_entry(target.entry)) remove_sidecars(target.live);
  if (slot.content == Content::absent) {
    remove_durably(target.live);
  } else {
    if (slot.content == Content::raw_database) {
      for (const char* suffix : kept_sidecars) {
        const fs::path sidecar = beside(slot.file, suffix);
        if (stat_path(sidecar)) move_over(sidecar, beside(target.live, suffix), target.area);
      }
    }
    move_over(slot.file, target.live, target.area);
  }
  sync_dir(target.live.parent_path());
}

/// Where there are no hard links, a live file that was never replaced is known by its content.
bool is_equal_file(const Target& target, const Slot& slot) {
  if (slot.content != Content::file) return false;
  const auto live = stat_path(target.live);
  const auto prepared = stat_path(slot.file);
  return live && prepared && S_ISREG(live->st_mode) && live->st_size == prepared->st_size &&
         digest_file(target.live).sha256 == digest_file(slot.file).sha256;
}

}  // namespace

fs::path existing_parent(const fs::path& path) {
  fs::path parent = path.parent_path();
  while (!fs::is_directory(parent) && parent.has_relative_path()) parent = parent.parent_path();
  return parent;
}

fs::path live_path(const fs::path& root, const std::string& entry, const fs::path& database) {
  if (entry == postgresql_entry) return database;
  if (entry == sqlite_entry) return fs::weakly_canonical(database);
  const fs::path folder = fs::weakly_canonical(root / "shared");
  const fs::path path = fs::weakly_canonical(folder / entry.substr(shared_prefix.size()));
  if (!is_inside(path, folder) && !is_inside(path, fs::weakly_canonical(root))) {
    throw Error(ErrorKind::refused,
                (root / entry).string() + " is a link that leads out of " + root.string(),
                "remove the link, or restore into another folder with --to DIR");
  }
  return path;
}

void adopt_owner(const fs::path& prepared, const fs::path& live) {
  auto model = stat_path(live);
  const mode_t mode = model ? model->st_mode & 0777U : 0600U;
  if (!model) model = stat_path(existing_parent(live));
  if (!model) return;
  // Fails for anybody but root, who is then the owner that it should have in most systems.
  [[maybe_unused]] const int ignored = chown(prepared.c_str(), model->st_uid, model->st_gid);
  if (chmod(prepared.c_str(), mode) != 0) {
    throw system_error(ErrorKind::failed, "cannot set the mode of " + prepared.string(), errno);
  }
}

std::unique_ptr<DatabaseReplacement> lock_database(const Target& target, Slot& slot,
                                                   const LiveAccess& access) {
  if (slot.content == Content::postgresql) {
    return PostgresqlReplacement::lock(access.postgresql.value(), {slot.file, slot.no_owner},
                                       access.timeout);
  }
  if (slot.content != Content::database) return nullptr;
  bool rewrote = false;
  auto lock = SqliteReplacement::lock(target.live, slot.file, access.timeout, rewrote);
  if (rewrote) {
    slot.sha256 = digest_file(slot.file).sha256;
    sync_fd(open_read(slot.file).get(), slot.file);
  }
  return lock;
}

Slot keep_old(const Target& target, const fs::path& folder, DatabaseReplacement* lock) {
  Slot slot;
  slot.file = folder / fs::path(target.entry).filename();
  if (lock != nullptr) {
    slot.content = target.fresh.content;
    slot.state = lock->keep_old(slot.file);
    if (slot.content == Content::database) adopt_owner(slot.file, target.live);
  } else if (!stat_path(target.live) && !is_sqlite_entry(target.entry)) {
    return {};
  } else if (is_sqlite_entry(target.entry)) {
    bool any = false;
    for (const char* suffix : {"", "-wal", "-journal"}) {
      if (!stat_path(beside(target.live, suffix))) continue;
      copy_durably(beside(target.live, suffix), beside(slot.file, suffix));
      any = any || *suffix == '\0';
    }
    if (!any) return {};
    slot.content = Content::raw_database;
  } else {
    slot.content = Content::file;
    link_or_copy(target.live, slot.file);
  }
  return slot;
}

void put_in_place(const Target& target, const Slot& slot, std::unique_ptr<DatabaseReplacement> lock,
                  const LiveAccess& access) {
  if (!lock) {
    // Whoever was killed at this may have sent the last word to the server: the lock waits for it.
    Slot prepared = slot;
    if (slot.content == Content::postgresql) lock = lock_database(target, prepared, access);
    if (is_in_place(target, slot, access) || is_equal_file(target, slot)) return;
    if (!lock) lock = lock_database(target, prepared, access);
  }
  if (lock) return lock->replace();
  replace_by_name(target, slot);
}

bool is_in_place(const Target& target, const Slot& slot, const LiveAccess& access) {
  if (slot.content == Content::postgresql) {
    return !slot.state.identity.empty() &&
           identity_of_postgresql(access.postgresql.value(), access.timeout) == slot.state.identity;
  }
  const auto live = stat_path(target.live);
  if (slot.content == Content::absent) return !live;
  const auto prepared = stat_path(slot.file);
  return live && prepared && live->st_dev == prepared->st_dev && live->st_ino == prepared->st_ino;
}

}  // namespace a2a_backup
