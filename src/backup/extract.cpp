// SPDX-License-Identifier: MIT
#include "a2a_backup/backup/extract.hpp"

#include <set>

#include "a2a_backup/archive/entry_name.hpp"
#include "a2a_backup/backup/staged_backup.hpp"
#include "a2a_backup/core/staging_dir.hpp"
#include "a2a_backup/source/postgresql_replacement.hpp"

namespace a2a_backup {
namespace {

/// Lets a staging step fail or finish without leaving half a folder behind.
class NewFolder {
 public:
  explicit NewFolder(const fs::path& path) : path_(path), existed_(fs::exists(path)) {}
  ~NewFolder() {
    if (kept_) return;
    if (existed_) {
      for (const char* name : {"shared", "database"}) remove_quietly(path_ / name);
    } else {
      remove_quietly(path_);
    }
  }
  NewFolder(const NewFolder&) = delete;
  NewFolder& operator=(const NewFolder&) = delete;
  void keep() { kept_ = true; }

 private:
  fs::path path_;
  bool existed_;
  bool kept_ = false;
};

}  // namespace

std::vector<std::string> restore_to_folder(SelectedBackup& backup, const fs::path& folder,
                                           const std::vector<std::string>& only,
                                           Progress& progress) {
  if (fs::exists(folder) && (!fs::is_directory(folder) || !fs::is_empty(folder))) {
    throw Error(ErrorKind::refused, folder.string() + " is not an empty folder",
                "name a new folder; to restore into a live system use -C DIR without --to");
  }
  NewFolder created(folder);
  if (!fs::exists(folder)) make_private_dir(folder);
  progress.phase("extract", staged_size(*backup.file, only));
  StageOptions stage;
  stage.only = only;
  stage.database_check = check_of_restore(*backup.file);
  std::set<fs::path> folders{folder};
  stage.place = [&](const std::string& entry) {
    const fs::path path = folder / entry;
    make_private_dir(path.parent_path());
    folders.insert(path.parent_path());
    return path;
  };
  std::vector<std::string> entries;
  for (const StagedFile& file : stage_backup(*backup.file, stage, progress)) {
    entries.push_back(file.entry);
  }
  if (entries.empty()) {
    throw nothing_matches(*backup.file, backup.name);
  }
  for (const fs::path& path : folders) sync_dir(path);
  created.keep();
  return entries;
}

void restore_to_database(SelectedBackup& backup, const PostgresqlUrl& url, bool no_owner,
                         const fs::path& scratch_parent, std::chrono::milliseconds lock_timeout,
                         Progress& progress) {
  BackupFile& file = *backup.file;
  const std::string entry(postgresql_entry);
  if (file.find(entry) == nullptr) {
    throw Error(ErrorKind::refused, backup.name + " holds no PostgreSQL dump",
                "restore it into a folder: --to DIR");
  }
  const StagingDir scratch(scratch_parent);
  StageOptions stage;
  stage.lifetime = Lifetime::scratch;
  stage.only = {entry};
  stage.database_check = check_of_restore(file);
  stage.place = [&](const std::string& /*entry*/) { return scratch.path() / "a2a_system.dump"; };
  progress.phase("extract", staged_size(file, stage.only));
  const std::vector<StagedFile> staged = stage_backup(file, stage, progress);
  const StagedFile& dump = staged.at(0);
  const auto rows = fill_postgresql(url, {dump.path, no_owner}, lock_timeout);
  // An unlogged table comes from a replica without its rows, which were not counted there.
  for (const auto& [table, count] : dump.database->tables) {
    const auto found = rows.find(table);
    if (found != rows.end() && found->second == count) continue;
    throw Error(ErrorKind::failed,
                "the table " + table + " of " + url.text +
                    " does not hold the rows that the metadata counted",
                "drop it with dropdb, and try another backup: a2a-backup list");
  }
}

}  // namespace a2a_backup
