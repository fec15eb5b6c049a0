// SPDX-License-Identifier: MIT
#include "a2a_backup/core/file.hpp"

#include <fcntl.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "a2a_backup/core/digest.hpp"
#include "a2a_backup/core/interrupt.hpp"
#include "file_random_access.hpp"

namespace a2a_backup {
namespace {

std::string full_disk_hint(int error_number) {
  if (error_number == ENOSPC || error_number == EDQUOT) return "free some space and try again";
  return {};
}

/// Calls `write_some` for what is left of `data` until nothing is.
template <class WriteSome>
void write_pieces(std::span<const std::byte> data, const fs::path& path, WriteSome write_some) {
  while (!data.empty()) {
    const ssize_t written = write_some(data);
    if (written < 0 && errno == EINTR) {
      check_interrupt();
      continue;
    }
    if (written < 0) {
      const int error_number = errno;
      throw system_error(ErrorKind::failed, "cannot write " + path.string(), error_number,
                         full_disk_hint(error_number));
    }
    data = data.subspan(static_cast<std::size_t>(written));
  }
}

/// All of `reader` to a new file; `look_at` sees each piece before it is written.
template <class LookAt>
void write_new(Reader& reader, const fs::path& path, Lifetime lifetime, LookAt look_at) {
  NewFile file(path, lifetime);
  for_each_piece(reader, [&](std::span<const std::byte> piece) {
    look_at(piece);
    write_all(file.fd(), piece, path);
    file.wrote(piece.size());
    check_interrupt();
  });
  file.finish();
}

}  // namespace

UniqueFd::~UniqueFd() {
  reset();
}

UniqueFd& UniqueFd::operator=(UniqueFd&& other) noexcept {
  if (this != &other) {
    reset();
    fd_ = other.release();
  }
  return *this;
}

int UniqueFd::release() {
  return std::exchange(fd_, -1);
}

void UniqueFd::reset() {
  if (fd_ >= 0) close(release());
}

UniqueFd open_read(const fs::path& path, ErrorKind kind, bool nofollow) {
  // O_NONBLOCK: a named pipe in the way must not hang the run; regular files ignore it.
  const int flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | (nofollow ? O_NOFOLLOW : 0);
  UniqueFd fd(open(path.c_str(), flags));
  if (!fd) throw system_error(kind, "cannot open " + path.string(), errno);
  return fd;
}

UniqueFd create_new(const fs::path& path) {
  UniqueFd fd(open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!fd) {
    const int error_number = errno;
    throw system_error(ErrorKind::failed, "cannot create " + path.string(), error_number,
                       full_disk_hint(error_number));
  }
  return fd;
}

void make_private_dir(const fs::path& path) {
  if (mkdir(path.c_str(), 0700) == 0) return;
  const int error_number = errno;
  const auto status = stat_path(path, false);
  if (error_number == EEXIST && status && S_ISDIR(status->st_mode)) return;
  throw system_error(ErrorKind::failed, "cannot create the folder " + path.string(), error_number,
                     error_number == EACCES || error_number == EROFS
                         ? "run as a user who may write there"
                     : error_number == ENOENT ? "create its parent folder first"
                                              : full_disk_hint(error_number));
}

void write_all(int fd, std::span<const std::byte> data, const fs::path& path) {
  write_pieces(data, path, [&](std::span<const std::byte> rest) {
    return write(fd, rest.data(), rest.size());
  });
}

void write_all_at(int fd, std::span<const std::byte> data, std::uint64_t offset,
                  const fs::path& path) {
  write_pieces(data, path, [&](std::span<const std::byte> rest) {
    const std::uint64_t done = data.size() - rest.size();
    return pwrite(fd, rest.data(), rest.size(), static_cast<off_t>(offset + done));
  });
}

void write_all(int fd, std::string_view data, const fs::path& path) {
  write_all(fd, std::as_bytes(std::span(data)), path);
}

void copy_all(Reader& reader, int fd, const fs::path& path) {
  for_each_piece(reader, [&](std::span<const std::byte> piece) {
    write_all(fd, piece, path);
    check_interrupt();
  });
}

void EarlyWriteback::wrote(std::uint64_t bytes) {
  constexpr std::uint64_t piece = std::uint64_t{8} << 20;
  const std::uint64_t before = pending_.fetch_add(bytes);
  // All of the file: what was written out already is not dirty any more.
  if (before / piece != (before + bytes) / piece) {
    sync_file_range(fd_, 0, 0, SYNC_FILE_RANGE_WRITE);
  }
}

void sync_fd(int fd, const fs::path& path) {
  if (fsync(fd) == 0) return;
  const int error_number = errno;
  throw system_error(ErrorKind::failed, "cannot make " + path.string() + " durable", error_number,
                     full_disk_hint(error_number));
}

void sync_file(const fs::path& path) {
  sync_fd(open_read(path).get(), path);
}

void sync_dir(const fs::path& path) {
  const UniqueFd fd = open_read(path);
  // Some network file systems have no fsync for folders; there a rename is durable by itself.
  if (fsync(fd.get()) != 0 && errno != EINVAL && errno != ENOTSUP) {
    throw system_error(ErrorKind::failed, "cannot make " + path.string() + " durable", errno);
  }
}

std::size_t FdReader::read(std::span<std::byte> buffer) {
  for (;;) {
    check_interrupt();
    const ssize_t got = ::read(fd_, buffer.data(), buffer.size());
    if (got >= 0) return static_cast<std::size_t>(got);
    if (errno != EINTR) throw system_error(kind_, "cannot read " + path_.string(), errno);
  }
}

FileReader::FileReader(const fs::path& path, ErrorKind kind)
    : fd_(open_read(path, kind)), reader_(fd_.get(), path, kind) {}

std::unique_ptr<RandomAccess> open_random_access(const fs::path& path, ErrorKind kind) {
  return std::make_unique<FileRandomAccess>(open_read(path, kind), path.string(), kind);
}

std::string read_file(const fs::path& path, std::uint64_t limit, ErrorKind kind) {
  FileReader reader(path, kind);
  try {
    return read_text(reader, limit);
  } catch (const Error& error) {
    if (error.kind() == kind) throw;
    throw Error(kind, path.string() + " holds " + error.message());
  }
}

FileDigest digest_of(Reader& reader) {
  Sha256 sha256;
  FileDigest digest;
  for_each_piece(reader, [&](std::span<const std::byte> piece) {
    sha256.update(piece);
    digest.size += piece.size();
  });
  digest.sha256 = sha256.finish();
  return digest;
}

FileDigest digest_file(const fs::path& path, ErrorKind kind) {
  FileReader reader(path, kind);
  return digest_of(reader);
}

NewFile::NewFile(const fs::path& path, Lifetime lifetime)
    : path_(path), lifetime_(lifetime), fd_(create_new(path)), writeback_(fd_.get()) {}

void NewFile::wrote(std::uint64_t bytes) {
  if (lifetime_ == Lifetime::durable) writeback_.wrote(bytes);
}

void NewFile::finish() const {
  if (lifetime_ == Lifetime::durable) sync_fd(fd_.get(), path_);
}

FileDigest write_new_file(Reader& reader, const fs::path& path, Lifetime lifetime) {
  Sha256 sha256;
  FileDigest digest;
  write_new(reader, path, lifetime, [&](std::span<const std::byte> data) {
    sha256.update(data);
    digest.size += data.size();
  });
  digest.sha256 = sha256.finish();
  return digest;
}

void copy_to_new_file(Reader& reader, const fs::path& path) {
  write_new(reader, path, Lifetime::durable, [](std::span<const std::byte> /*data*/) {});
}

std::optional<struct stat> stat_path(const fs::path& path, bool follow) {
  struct stat status {};
  const int result = follow ? stat(path.c_str(), &status) : lstat(path.c_str(), &status);
  if (result != 0) return std::nullopt;
  return status;
}

std::uint64_t free_space(const fs::path& path) {
  struct statvfs status {};
  if (statvfs(path.c_str(), &status) != 0) {
    throw system_error(ErrorKind::failed, "cannot ask for the free space of " + path.string(),
                       errno);
  }
  return std::uint64_t{status.f_bavail} * status.f_frsize;
}

void remove_quietly(const fs::path& path) noexcept {
  std::error_code ignored;
  fs::remove_all(path, ignored);
}

}  // namespace a2a_backup
