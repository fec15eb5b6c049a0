// SPDX-License-Identifier: MIT
#include "a2a_backup/core/unnamed_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>

#include "file_random_access.hpp"

namespace a2a_backup {

UniqueFd create_unnamed(const fs::path& folder) {
  // Several threads may do so at once.
  static std::atomic<unsigned> number{0};
  const fs::path path = folder / ("unnamed-" + std::to_string(number++));
  UniqueFd fd = create_new(path);
  if (unlink(path.c_str()) != 0) {
    throw system_error(ErrorKind::failed, "cannot remove " + path.string(), errno);
  }
  return fd;
}

std::unique_ptr<RandomAccess> random_access_to(int fd, std::string name, ErrorKind kind) {
  UniqueFd copy(fcntl(fd, F_DUPFD_CLOEXEC, 3));
  if (!copy) throw system_error(kind, "cannot read " + name, errno);
  return std::make_unique<FileRandomAccess>(std::move(copy), std::move(name), kind);
}

std::size_t RandomAccessReader::read(std::span<std::byte> buffer) {
  const std::uint64_t left = file_.size() - position_;
  const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), left));
  file_.read_at(position_, buffer.first(count));
  position_ += count;
  return count;
}

}  // namespace a2a_backup
