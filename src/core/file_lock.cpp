// SPDX-License-Identifier: MIT
#include "a2a_backup/core/file_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>
#include <thread>

#include "a2a_backup/core/interrupt.hpp"

namespace a2a_backup {
namespace {

/// 0 when locked, else the errno of the last try.
int try_until(int fd, int operation, std::chrono::steady_clock::time_point deadline) {
  for (;;) {
    if (flock(fd, operation | LOCK_NB) == 0) return 0;
    if (errno != EWOULDBLOCK && errno != EINTR) return errno;
    check_interrupt();
    if (std::chrono::steady_clock::now() >= deadline) return EWOULDBLOCK;
    std::this_thread::sleep_for(std::chrono::milliseconds{20});
  }
}

}  // namespace

FileLock::FileLock(const fs::path& dir, Mode mode, std::chrono::milliseconds timeout) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  const int operation = mode == Mode::shared ? LOCK_SH : LOCK_EX;
  path_ = dir;
  fd_ = open_read(dir);
  int result = try_until(fd_.get(), operation, deadline);
  if (result != 0 && result != EWOULDBLOCK) {
    path_ = dir / ".a2a-backup.lock";
    fd_ = UniqueFd(open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!fd_) throw system_error(ErrorKind::failed, "cannot create " + path_.string(), errno);
    result = try_until(fd_.get(), operation, deadline);
  }
  if (result == 0) return;
  if (result == EWOULDBLOCK) {
    throw Error(ErrorKind::busy, "another run is at work in " + dir.string(),
                "wait for it to finish, or wait longer with --lock-timeout SECONDS");
  }
  throw system_error(ErrorKind::failed, "cannot lock " + dir.string(), result);
}

bool FileLock::holds() const {
  struct stat locked {};
  const auto there = stat_path(path_);
  return there && fstat(fd_.get(), &locked) == 0 && locked.st_dev == there->st_dev &&
         locked.st_ino == there->st_ino;
}

}  // namespace a2a_backup
