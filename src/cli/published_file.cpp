// SPDX-License-Identifier: MIT
#include "published_file.hpp"

#include <sys/stat.h>

#include <cerrno>
#include <cstdio>

#include "a2a_backup/core/staging_dir.hpp"

namespace a2a_backup {
namespace {

/// An empty file is a name that somebody has reserved.
void require_own(const fs::path& file, const struct stat& status, const PublishedKind& kind) {
  if (!S_ISREG(status.st_mode)) {
    throw Error(ErrorKind::refused, file.string() + " is not a regular file",
                "choose another name");
  }
  if (status.st_size == 0) return;
  std::string start(1024, '\0');
  FileReader reader(file);
  start.resize(read_full(reader, std::as_writable_bytes(std::span(start))));
  if (kind.is_own(start)) return;
  throw Error(ErrorKind::refused,
              file.string() + " exists and is no " + std::string(kind.name) + " of this program",
              "choose another name, or remove it");
}

mode_t default_mode() {
  const mode_t mask = umask(077);
  umask(mask);
  return 0644 & ~mask;
}

}  // namespace

void write_published_file(const fs::path& file, std::string_view content,
                          const PublishedKind& kind) {
  const auto status = stat_path(file);
  if (status) require_own(file, *status, kind);
  const fs::path target = fs::weakly_canonical(fs::absolute(file));
  if (!fs::is_directory(target.parent_path())) {
    throw Error(ErrorKind::failed, "there is no folder " + target.parent_path().string(),
                "create it first");
  }
  StagingDir::remove_stale(target.parent_path());
  const StagingDir staging(target.parent_path());
  const fs::path fresh = staging.path() / "file";
  {
    const UniqueFd fd = create_new(fresh);
    write_all(fd.get(), content, fresh);
    const mode_t mode = status ? status->st_mode & 0777U : default_mode();
    if (fchmod(fd.get(), mode) != 0) {
      throw system_error(ErrorKind::failed, "cannot set the mode of " + fresh.string(), errno);
    }
    sync_fd(fd.get(), fresh);
  }
  if (std::rename(fresh.c_str(), target.c_str()) != 0) {
    throw system_error(ErrorKind::failed, "cannot write " + target.string(), errno);
  }
  sync_dir(target.parent_path());
}

}  // namespace a2a_backup
