// SPDX-License-Identifier: MIT
#include "a2a_backup/backup/restore_recovery.hpp"

#include "a2a_backup/backup/restore_engine.hpp"
#include "a2a_backup/backup/restore_journal.hpp"
#include "a2a_backup/core/file_lock.hpp"
#include "restore_access.hpp"

namespace a2a_backup {
namespace {

Journal waiting_journal(const fs::path& root) {
  if (auto journal = read_journal(root)) return *std::move(journal);
  throw Error(ErrorKind::not_found, "no interrupted restore waits in " + root.string());
}

}  // namespace

RestoreResult resume_restore(const RestoreOptions& options) {
  const FileLock lock(options.root, FileLock::Mode::exclusive, options.lock_timeout);
  const Journal journal = waiting_journal(options.root);
  return {carry_out(options.root, journal, {}, access_to(journal.targets, options))};
}

RestoreResult roll_back_restore(const RestoreOptions& options) {
  const FileLock lock(options.root, FileLock::Mode::exclusive, options.lock_timeout);
  const Journal journal = waiting_journal(options.root);
  take_back(options.root, journal, access_to(journal.targets, options));
  return {};
}

}  // namespace a2a_backup
