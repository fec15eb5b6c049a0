// SPDX-License-Identifier: MIT
#include "restore_folder.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace a2a_backup {

RestoreFolder::RestoreFolder(const fs::path& path, const fs::path& data, uid_t owner)
    : path_(path) {
  if (mkdir(path.c_str(), 0700) != 0) {
    throw system_error(ErrorKind::failed, "cannot make the folder " + path.string(), errno);
  }
  identity_ = stat_path(path, false)->st_ino;
  const auto old = stat_path(data);
  const gid_t group = old ? old->st_gid : static_cast<gid_t>(-1);
  if (geteuid() != 0 || chown(path.c_str(), owner, group) == 0) return;
  const int error_number = errno;
  remove_quietly(path);
  throw system_error(ErrorKind::failed, "cannot hand over " + path.string(), error_number);
}

RestoreFolder::~RestoreFolder() {
  const auto status = stat_path(path_, false);
  if (status && status->st_ino == identity_) remove_quietly(path_);
}

}  // namespace a2a_backup
