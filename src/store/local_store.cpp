// SPDX-License-Identifier: MIT
#include "a2a_backup/store/local_store.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "a2a_backup/core/staging_dir.hpp"

namespace a2a_backup {
namespace {

/// 0 when `target` is now a second name of `file`, else the errno.
int link_file(const fs::path& file, const fs::path& target) {
  return ::link(file.c_str(), target.c_str()) == 0 ? 0 : errno;
}

/// Whether the file system may refuse hard links at all, or these two names only.
bool cannot_link(int error_number) {
  return error_number == EXDEV || error_number == EPERM || error_number == ENOTSUP ||
         error_number == EMLINK;
}

/// For file systems without hard links: renameat2 refuses to overwrite just as link does.
int rename_new(const fs::path& file, const fs::path& target) {
  return renameat2(AT_FDCWD, file.c_str(), AT_FDCWD, target.c_str(), RENAME_NOREPLACE) == 0 ? 0
                                                                                            : errno;
}

}  // namespace

LocalStore::LocalStore(fs::path folder) : folder_(std::move(folder)), location_(folder_.string()) {}

void LocalStore::prepare() const {
  if (fs::is_directory(folder_)) return;
  make_private_dir(folder_);
  sync_dir(fs::absolute(folder_).parent_path());
}

bool LocalStore::put(const fs::path& file, const std::string& name) {
  const fs::path target = folder_ / name;
  int result = link_file(file, target);
  if (cannot_link(result)) {
    const StagingDir staging(folder_);
    const fs::path copy = staging.path() / "copy";
    FileReader reader(file);
    write_new_file(reader, copy);
    result = link_file(copy, target);
    if (cannot_link(result)) result = rename_new(copy, target);
  }
  if (result == EEXIST) return false;
  if (result != 0)
    throw system_error(ErrorKind::failed, "cannot create " + target.string(), result);
  sync_dir(folder_);
  return true;
}

void LocalStore::get(const std::string& name, const fs::path& file) const {
  FileReader reader(folder_ / name, ErrorKind::not_found);
  write_new_file(reader, file);
}

std::shared_ptr<const RandomAccess> LocalStore::open(const std::string& name) const {
  return open_random_access(folder_ / name, ErrorKind::not_found);
}

std::vector<StoredFile> LocalStore::list(std::string_view prefix) const {
  std::vector<StoredFile> files;
  std::error_code error;
  fs::directory_iterator folder(folder_, error);
  if (error == std::errc::no_such_file_or_directory) return files;
  if (error) {
    throw system_error(ErrorKind::failed, "cannot read the folder " + location_, error.value(),
                       "choose another one with --backup-dir");
  }
  for (const fs::directory_entry& entry : folder) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with(prefix) || name.starts_with(".")) continue;
    const auto status = stat_path(entry.path());
    if (!status || !S_ISREG(status->st_mode)) continue;
    files.push_back({name, static_cast<std::uint64_t>(status->st_size), entry.is_symlink()});
  }
  std::sort(files.begin(), files.end(),
            [](const auto& a, const auto& b) { return a.name < b.name; });
  return files;
}

void LocalStore::remove(const std::string& name) {
  const fs::path target = folder_ / name;
  if (unlink(target.c_str()) != 0 && errno != ENOENT) {
    throw system_error(ErrorKind::failed, "cannot remove " + target.string(), errno);
  }
}

void LocalStore::sync() {
  sync_dir(folder_);
}

}  // namespace a2a_backup
