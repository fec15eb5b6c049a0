// SPDX-License-Identifier: MIT
#include "sqlite_image.hpp"

#include <algorithm>
#include <span>

#include "a2a_backup/core/interrupt.hpp"

namespace a2a_backup {

struct SqliteImage::File {
  sqlite3_file base;  ///< first, as SQLite knows only this
  SqliteImage* image;
};

SqliteImage::SqliteImage(const RandomAccess& bytes, const std::atomic<bool>& abandoned)
    : bytes_(bytes), read_ahead_(bytes), abandoned_(abandoned) {
  static std::atomic<unsigned> count{0};
  name_ = "a2a-backup-image-" + std::to_string(++count);
  // What is not about files, such as the time, is as everywhere.
  table_ = *sqlite3_vfs_find(nullptr);
  table_.pNext = nullptr;
  table_.zName = name_.c_str();
  table_.pAppData = this;
  table_.szOsFile = sizeof(File);
  table_.xOpen = open;
  table_.xDelete = [](sqlite3_vfs*, const char*, int) { return SQLITE_IOERR_DELETE; };
  table_.xAccess = [](sqlite3_vfs*, const char*, int, int* result) {
    *result = 0;  // neither a journal nor a log
    return SQLITE_OK;
  };
  table_.xFullPathname = [](sqlite3_vfs*, const char* name, int size, char* out) {
    sqlite3_snprintf(size, out, "%s", name);
    return SQLITE_OK;
  };
  sqlite3_vfs_register(&table_, 0);
}

SqliteImage::~SqliteImage() {
  sqlite3_vfs_unregister(&table_);
}

void SqliteImage::rethrow() const {
  if (problem_) std::rethrow_exception(problem_);
}

int SqliteImage::open(sqlite3_vfs* vfs, const char* /*name*/, sqlite3_file* file, int flags,
                      int* out) {
  auto* opened = reinterpret_cast<File*>(file);
  opened->base.pMethods = nullptr;
  if ((flags & SQLITE_OPEN_MAIN_DB) == 0) return SQLITE_CANTOPEN;
  opened->image = static_cast<SqliteImage*>(vfs->pAppData);
  opened->base.pMethods = &methods();
  if (out != nullptr) *out = SQLITE_OPEN_READONLY;
  return SQLITE_OK;
}

/// SQLite may look behind the end; what is not there is zero.
int SqliteImage::read(sqlite3_file* file, void* buffer, int size, sqlite3_int64 offset) {
  SqliteImage& image = *reinterpret_cast<File*>(file)->image;
  const std::span<std::byte> wanted(static_cast<std::byte*>(buffer),
                                    static_cast<std::size_t>(size));
  try {
    if (image.abandoned_) return SQLITE_IOERR_READ;
    check_interrupt();
    const std::uint64_t total = image.bytes_.size();
    const std::uint64_t start = std::min(static_cast<std::uint64_t>(offset), total);
    const auto there =
        static_cast<std::size_t>(std::min<std::uint64_t>(wanted.size(), total - start));
    const auto found = image.read_ahead_.fetch(start, there);
    std::fill(std::copy(found.begin(), found.end(), wanted.begin()), wanted.end(), std::byte{0});
    return there == wanted.size() ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
  } catch (...) {
    image.problem_ = std::current_exception();
    return SQLITE_IOERR_READ;
  }
}

int SqliteImage::file_size(sqlite3_file* file, sqlite3_int64* size) {
  *size = static_cast<sqlite3_int64>(reinterpret_cast<File*>(file)->image->bytes_.size());
  return SQLITE_OK;
}

const sqlite3_io_methods& SqliteImage::methods() {
  static const sqlite3_io_methods table = [] {
    sqlite3_io_methods m{};
    m.iVersion = 1;
    m.xClose = [](sqlite3_file*) { return SQLITE_OK; };
    m.xRead = read;
    m.xWrite = [](sqlite3_file*, const void*, int, sqlite3_int64) { return SQLITE_READONLY; };
    m.xTruncate = [](sqlite3_file*, sqlite3_int64) { return SQLITE_READONLY; };
    m.xSync = [](sqlite3_file*, int) { return SQLITE_OK; };
    m.xFileSize = file_size;
    m.xLock = [](sqlite3_file*, int) { return SQLITE_OK; };
    m.xUnlock = [](sqlite3_file*, int) { return SQLITE_OK; };
    m.xCheckReservedLock = [](sqlite3_file*, int* result) {
      *result = 0;
      return SQLITE_OK;
    };
    m.xFileControl = [](sqlite3_file*, int, void*) { return SQLITE_NOTFOUND; };
    m.xSectorSize = [](sqlite3_file*) { return 4096; };
    m.xDeviceCharacteristics = [](sqlite3_file*) { return SQLITE_IOCAP_IMMUTABLE; };
    return m;
  }();
  return table;
}

}  // namespace a2a_backup
