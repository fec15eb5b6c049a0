// SPDX-License-Identifier: MIT
#include "file_random_access.hpp"

#include <unistd.h>

#include <cerrno>

namespace a2a_backup {

FileRandomAccess::FileRandomAccess(UniqueFd fd, std::string name, ErrorKind kind)
    : fd_(std::move(fd)), name_(std::move(name)), kind_(kind) {
  struct stat status {};
  if (fstat(fd_.get(), &status) != 0) throw system_error(kind, "cannot read " + name_, errno);
  if (!S_ISREG(status.st_mode)) throw Error(kind, name_ + " is not a regular file");
  size_ = static_cast<std::uint64_t>(status.st_size);
}

void FileRandomAccess::read_at(std::uint64_t offset, std::span<std::byte> buffer) const {
  while (!buffer.empty()) {
    const ssize_t got = pread(fd_.get(), buffer.data(), buffer.size(), static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw system_error(kind_, "cannot read " + name_, errno);
    if (got == 0) throw Error(kind_, name_ + " ends too early, it is being changed or cut off");
    offset += static_cast<std::uint64_t>(got);
    buffer = buffer.subspan(static_cast<std::size_t>(got));
  }
}

}  // namespace a2a_backup
