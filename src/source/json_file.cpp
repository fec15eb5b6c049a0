// SPDX-License-Identifier: MIT
#include "a2a_backup/source/json_file.hpp"

#include <fcntl.h>

#include <cerrno>

#include "a2a_backup/core/path.hpp"

namespace a2a_backup {
namespace {

using std::chrono::milliseconds;

std::int64_t nanoseconds_of(const timespec& time) {
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

/// Copies what passes through to a file: one read of the source serves parser and copy.
class CopyingReader : public Reader {
 public:
  CopyingReader(Reader& input, int fd, fs::path path)
      : input_(input), fd_(fd), path_(std::move(path)) {}
  std::size_t read(std::span<std::byte> buffer) override {
    const std::size_t got = input_.read(buffer);
    write_all(fd_, buffer.first(got), path_);
    return got;
  }

 private:
  Reader& input_;
  int fd_;
  fs::path path_;
};

/// How long ago that was. A time in the future says that a clock was set, not that somebody writes.
milliseconds age_of(const FileVersion& version) {
  const auto age = std::chrono::duration_cast<milliseconds>(now() - version.mtime());
  return age < milliseconds{0} ? surely_broken : age;
}

/// The file behind the path, which may be a link, opened; nothing when it has gone.
std::optional<UniqueFd> open_own(const JsonFilePlace& place) {
  const std::string path = place.path.string();
  std::error_code error;
  const fs::path real = fs::canonical(place.path, error);
  std::error_code ignored;
  const bool gone =
      error == std::errc::no_such_file_or_directory && !fs::is_symlink(place.path, ignored);
  if (gone) return std::nullopt;
  if (error) {
    throw system_error(ErrorKind::source, "cannot open " + path, error.value(),
                       "mend the link, or leave it out with --exclude " + place.name);
  }
  if (!is_inside(real, fs::canonical(place.path.parent_path())) &&
      !is_inside(real, fs::canonical(place.root))) {
    throw Error(ErrorKind::source, path + " is a link that leads out of " + place.root.string(),
                "replace the link by the file, or leave it out with --exclude " + place.name);
  }
  UniqueFd fd(::open(real.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd && errno == ENOENT) return std::nullopt;
  if (!fd) throw system_error(ErrorKind::source, "cannot open " + path, errno);
  return fd;
}

}  // namespace

TimePoint FileVersion::mtime() const {
  return TimePoint(std::chrono::microseconds(mtime_ns / 1000));
}

FileVersion version_of(const struct stat& status) {
  return {status.st_dev, status.st_ino, status.st_size, nanoseconds_of(status.st_mtim),
          nanoseconds_of(status.st_ctim)};
}

std::optional<JsonFile> read_json_file(const JsonFilePlace& place) {
  const auto fd = open_own(place);
  if (!fd) return std::nullopt;
  struct stat status {};
  fstat(fd->get(), &status);
  if (!S_ISREG(status.st_mode)) {
    throw Error(ErrorKind::source, place.path.string() + " is not a regular file",
                "leave it out with --exclude " + place.name);
  }
  JsonFile file;
  file.version = version_of(status);
  file.first_seen = std::chrono::steady_clock::now();
  file.age_when_read = age_of(file.version);
  file.path = place.path;
  file.staged = place.staged;
  remove_quietly(place.staged);
  const UniqueFd copy = create_new(place.staged);
  FdReader input(fd->get(), place.path, ErrorKind::source);
  CopyingReader reader(input, copy.get(), place.staged);
  try {
    file.summary =
        scan_json(reader, task_file_of(place.name), place.path.string(), ErrorKind::source);
  } catch (const Error& problem) {
    if (problem.kind() != ErrorKind::source) throw;
    file.problem = problem.message();
  }
  return file;
}

}  // namespace a2a_backup
