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
  fd_ = open_read(dir);
  int result = try_until(fd_.get(), operation, deadline);
  if (result != 0 && result != EWOULDBLOCK) {
    const fs::path file = dir / ".a2a-backup.lock";
    fd_ = UniqueFd(open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!fd_) throw system_error(ErrorKind::failed, "cannot create " + file.string(), errno);
    result = try_until(fd_.get(), operation, deadline);
  }
  if (result == 0) return;
  if (result == EWOULDBLOCK) {
    throw Error(ErrorKind::busy, "another run is at work in " + dir.string(),
                "wait for it to finish, or wait longer with --lock-timeout SECONDS");
  }
  throw system_error(ErrorKind::failed, "cannot lock " + dir.string(), result);
}

bool FileLock::is_of_a_gone_folder() const {
  struct stat status {};
  return fstat(fd_.get(), &status) == 0 && status.st_nlink == 0;
}

}  // namespace a2a_backup
