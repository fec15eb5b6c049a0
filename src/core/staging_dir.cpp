// SPDX-License-Identifier: MIT
#include "a2a_backup/core/staging_dir.hpp"

#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <string>

namespace a2a_backup {
namespace {

constexpr std::string_view prefix = ".a2a-backup-stage.";

}  // namespace

StagingDir::StagingDir(const fs::path& parent) {
  std::string pattern = (parent / prefix).string() + "XXXXXX";
  if (mkdtemp(pattern.data()) == nullptr) {
    const int error_number = errno;
    throw system_error(ErrorKind::failed, "cannot create a staging folder in " + parent.string(),
                       error_number,
                       error_number == EACCES || error_number == EROFS
                           ? "choose a folder that you may write to with --backup-dir or --tmp-dir"
                           : "");
  }
  path_ = pattern;
  lock_ = open_read(path_);
  flock(lock_.get(), LOCK_SH | LOCK_NB);
}

StagingDir::~StagingDir() {
  remove_quietly(path_);
}

void StagingDir::remove_stale(const fs::path& parent) {
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(parent, error)) {
    if (!entry.path().filename().string().starts_with(prefix)) continue;
    const auto status = stat_path(entry.path(), false);
    if (!status || !S_ISDIR(status->st_mode) || status->st_uid != geteuid()) continue;
    const UniqueFd fd = open_read(entry.path(), ErrorKind::failed, true);
    if (flock(fd.get(), LOCK_EX | LOCK_NB) == 0) remove_quietly(entry.path());
  }
}

}  // namespace a2a_backup
