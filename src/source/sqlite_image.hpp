// SPDX-License-Identifier: MIT
/// Lets SQLite read a database that is not a file: any bytes at random.
#pragma once

#include <sqlite3.h>

#include <atomic>
#include <exception>
#include <string>

#include "a2a_backup/core/read_ahead.hpp"

namespace a2a_backup {

/// A read-only file system for SQLite that holds one database: `bytes`, which nobody changes and
/// which must outlive it. SQLite is to open any name in it, with vfs(). When `abandoned` becomes
/// true every read fails, so that a long query of another thread ends.
class SqliteImage {
 public:
  SqliteImage(const RandomAccess& bytes, const std::atomic<bool>& abandoned);
  ~SqliteImage();
  SqliteImage(const SqliteImage&) = delete;
  SqliteImage& operator=(const SqliteImage&) = delete;

  const std::string& vfs() const { return name_; }
  /// Throws what reading `bytes` threw, which SQLite only knows as an input error.
  void rethrow() const;

 private:
  static int open(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* out);
  static int read(sqlite3_file* file, void* buffer, int size, sqlite3_int64 offset);
  static int file_size(sqlite3_file* file, sqlite3_int64* size);
  static const sqlite3_io_methods& methods();

  struct File;
  const RandomAccess& bytes_;
  ReadAhead read_ahead_;
  std::string name_;
  sqlite3_vfs table_{};
  const std::atomic<bool>& abandoned_;
  std::exception_ptr problem_;  ///< of the thread that uses the database
};

}  // namespace a2a_backup
