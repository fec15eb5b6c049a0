// SPDX-License-Identifier: MIT
/// Files by descriptor: opened, read, written and made durable, with errors that name the path.
#pragma once

#include <sys/stat.h>

#include <atomic>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "a2a_backup/core/error.hpp"
#include "a2a_backup/core/io.hpp"

namespace a2a_backup {

namespace fs = std::filesystem;

/// Owns a file descriptor.
class UniqueFd {
 public:
  UniqueFd() = default;
  explicit UniqueFd(int fd) : fd_(fd) {}
  ~UniqueFd();
  UniqueFd(UniqueFd&& other) noexcept : fd_(other.release()) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept;

  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  int release();
  void reset();

 private:
  int fd_ = -1;
};

/// Opens for reading. `kind` is the kind of the Error when that fails; not following a symbolic
/// link at the end of the path is `nofollow`.
UniqueFd open_read(const fs::path& path, ErrorKind kind = ErrorKind::failed, bool nofollow = false);

/// Creates a file that must not exist, mode 0600 whatever the umask, for reading and writing.
UniqueFd create_new(const fs::path& path);

/// Creates a folder with mode 0700 whatever the umask; one that exists already is fine when it is
/// a real folder.
void make_private_dir(const fs::path& path);

void write_all(int fd, std::span<const std::byte> data, const fs::path& path);
void write_all(int fd, std::string_view data, const fs::path& path);

/// The same at an offset, wherever the descriptor stands; several threads may do so at once.
void write_all_at(int fd, std::span<const std::byte> data, std::uint64_t offset,
                  const fs::path& path);

/// Writes all of `reader`. Stops with an Error when a signal came.
void copy_all(Reader& reader, int fd, const fs::path& path);

/// Has the kernel write a growing file to the disk while the rest of it is being made, so that the
/// fsync at its end has little left to wait for. Only a hint: it never fails. For several threads.
class EarlyWriteback {
 public:
  explicit EarlyWriteback(int fd) : fd_(fd) {}
  /// `bytes` more have been written, anywhere in the file.
  void wrote(std::uint64_t bytes);

 private:
  int fd_;
  std::atomic<std::uint64_t> pending_{0};
};

/// fsync of a file or a folder.
void sync_fd(int fd, const fs::path& path);
void sync_file(const fs::path& path);
void sync_dir(const fs::path& path);

/// Whether a new file has to outlive a power cut, or is thrown away before long: such a one may
/// never reach the disk at all.
enum class Lifetime : std::uint8_t { durable, scratch };

/// A new 0600 file while it is written to, by several threads if they like.
class NewFile {
 public:
  explicit NewFile(const fs::path& path, Lifetime lifetime = Lifetime::durable);
  int fd() const { return fd_.get(); }
  /// `bytes` more have been written, anywhere in the file.
  void wrote(std::uint64_t bytes);
  /// The fsync of a durable one. Call once, when all is written.
  void finish() const;

 private:
  fs::path path_;
  Lifetime lifetime_;
  UniqueFd fd_;
  EarlyWriteback writeback_;
};

/// Reads `fd` from where it stands. The descriptor must outlive the reader.
class FdReader : public Reader {
 public:
  FdReader(int fd, fs::path path, ErrorKind kind = ErrorKind::failed)
      : fd_(fd), path_(std::move(path)), kind_(kind) {}
  std::size_t read(std::span<std::byte> buffer) override;

 private:
  int fd_;
  fs::path path_;
  ErrorKind kind_;
};

/// A regular local file that is read from its start.
class FileReader : public Reader {
 public:
  explicit FileReader(const fs::path& path, ErrorKind kind = ErrorKind::failed);
  std::size_t read(std::span<std::byte> buffer) override { return reader_.read(buffer); }
  int fd() const { return fd_.get(); }

 private:
  UniqueFd fd_;
  FdReader reader_;
};

/// A local file at random. Throws Error of `kind` when it is missing, not a regular file or
/// unreadable.
std::unique_ptr<RandomAccess> open_random_access(const fs::path& path,
                                                 ErrorKind kind = ErrorKind::failed);

/// The small file's text; Error of `kind` when it cannot be read or exceeds `limit` bytes.
std::string read_file(const fs::path& path, std::uint64_t limit, ErrorKind kind);

/// SHA-256 of bytes, and their number.
struct FileDigest {
  std::uint64_t size = 0;
  std::string sha256;
};
/// Reads to the end.
FileDigest digest_of(Reader& reader);
FileDigest digest_file(const fs::path& path, ErrorKind kind = ErrorKind::failed);

/// Writes all of `reader` to a new 0600 file at `path`, fsyncs a durable one, and returns its
/// digest.
FileDigest write_new_file(Reader& reader, const fs::path& path,
                          Lifetime lifetime = Lifetime::durable);

/// The same, durably, without a digest.
void copy_to_new_file(Reader& reader, const fs::path& path);

/// stat of the path, following links or not; nothing when there is no such file.
std::optional<struct stat> stat_path(const fs::path& path, bool follow = true);

/// Bytes that an unprivileged user may still write on the file system of `path`.
std::uint64_t free_space(const fs::path& path);

/// Removes a file or a folder with all it holds, as far as it can; never throws.
void remove_quietly(const fs::path& path) noexcept;

}  // namespace a2a_backup
