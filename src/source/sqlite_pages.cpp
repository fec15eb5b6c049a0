// SPDX-License-Identifier: MIT
#include "sqlite_pages.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <vector>

#include "sqlite_format.hpp"
#include "sqlite_rollback_journal.hpp"

namespace a2a_backup {
namespace {

constexpr std::size_t piece_size = std::size_t{1} << 20;  ///< a multiple of every size of a page

/// The database's own descriptor: closing another would drop its locks.
class LiveFile {
 public:
  explicit LiveFile(SQLite::Database& database) : file_(file_of(database)) {
    if (file_ == nullptr || file_->pMethods == nullptr) fail("cannot be reached", SQLITE_IOERR);
  }
  std::uint64_t size() const {
    sqlite3_int64 bytes = 0;
    require(file_->pMethods->xFileSize(file_, &bytes), "cannot be measured");
    return static_cast<std::uint64_t>(bytes);
  }
  void read_at(std::uint64_t offset, std::span<std::byte> buffer) const {
    require(file_->pMethods->xRead(file_, buffer.data(), static_cast<int>(buffer.size()),
                                   static_cast<sqlite3_int64>(offset)),
            "cannot be read");
  }
  void write_at(std::uint64_t offset, std::span<const std::byte> data) const {
    // Of more than 128 KiB at once SQLite's file says that the disk is full.
    constexpr std::size_t most = std::size_t{64} << 10;
    for (std::size_t done = 0; done < data.size(); done += most) {
      const auto piece = data.subspan(done, std::min(most, data.size() - done));
      require(file_->pMethods->xWrite(
                  file_, piece.data(), static_cast<int>(piece.size()),
                  static_cast<sqlite3_int64>(offset) + static_cast<sqlite3_int64>(done)),
              "cannot be written");
    }
  }
  void truncate(std::uint64_t bytes) const {
    require(file_->pMethods->xTruncate(file_, static_cast<sqlite3_int64>(bytes)),
            "cannot be made shorter");
  }
  void sync() const {
    require(file_->pMethods->xSync(file_, SQLITE_SYNC_FULL), "cannot be made durable");
  }

 private:
  [[noreturn]] static void fail(const std::string& what, int code) {
    throw SQLite::Exception("the file " + what + ": " + sqlite3_errstr(code), code);
  }
  static void require(int code, const char* what) {
    if (code != SQLITE_OK) fail(what, code);
  }

  sqlite3_file* file_;
};

/// The new pages, with a header by which connections notice that the content has changed.
class FreshPages {
 public:
  FreshPages(const RandomAccess& bytes, std::span<const std::byte> old_header)
      : bytes_(bytes), changes_(big_endian(old_header.subspan(header::changes)) + 1) {
    cookie_ = big_endian(old_header.subspan(header::schema_cookie)) + 1;
  }
  std::uint64_t size() const { return bytes_.size(); }
  void read_at(std::uint64_t offset, std::span<std::byte> buffer) const {
    bytes_.read_at(offset, buffer);
    if (offset != 0) return;
    buffer[header::versions] = buffer[header::versions + 1] = std::byte{1};
    put_big_endian(buffer.subspan(header::changes), changes_);
    put_big_endian(buffer.subspan(header::schema_cookie), cookie_);
    put_big_endian(buffer.subspan(header::valid_for), changes_);
    put_big_endian(buffer.subspan(header::written_by),
                   static_cast<std::uint32_t>(sqlite3_libversion_number()));
  }

 private:
  const RandomAccess& bytes_;
  std::uint32_t changes_;
  std::uint32_t cookie_ = 0;
};

/// One replacement: which pages differ, saved and then written.
class PageReplacement {
 public:
  PageReplacement(LiveFile file, FreshPages fresh, std::uint32_t page_size)
      : file_(file),
        fresh_(fresh),
        page_size_(page_size),
        old_size_(file.size()),
        left_(piece_size),
        right_(piece_size) {}

  std::uint32_t old_pages() const { return static_cast<std::uint32_t>(old_size_ / page_size_); }

  /// Saves every page that will be overwritten or cut off.
  void save(RollbackJournal& journal) {
    changed_.assign(static_cast<std::size_t>(std::max(old_size_, fresh_.size()) / page_size_),
                    true);
    for (std::uint64_t offset = 0; offset < old_size_; offset += piece_size) {
      check_interrupt();
      const auto old = piece(left_, offset, old_size_);
      file_.read_at(offset, old);
      const auto fresh = piece(right_, offset, std::min(old_size_, fresh_.size()));
      if (!fresh.empty()) fresh_.read_at(offset, fresh);
      for (std::size_t at = 0; at < old.size(); at += page_size_) {
        const bool same =
            at < fresh.size() && std::memcmp(old.data() + at, fresh.data() + at, page_size_) == 0;
        const std::size_t index = static_cast<std::size_t>((offset + at) / page_size_);
        changed_[index] = !same && offset + at != lock_byte;
        if (changed_[index]) {
          journal.add(static_cast<std::uint32_t>(index + 1), old.subspan(at, page_size_));
        }
      }
    }
  }

  void write() {
    for (std::uint64_t offset = 0; offset < fresh_.size(); offset += piece_size) {
      const auto fresh = piece(right_, offset, fresh_.size());
      const auto first = changed_.begin() + static_cast<std::ptrdiff_t>(offset / page_size_);
      const auto last = first + static_cast<std::ptrdiff_t>(fresh.size() / page_size_);
      if (std::find(first, last, true) == last) continue;
      fresh_.read_at(offset, fresh);
      for (auto run = std::find(first, last, true); run != last;) {
        const auto end = std::find(run, last, false);
        const auto at = static_cast<std::size_t>(run - first) * page_size_;
        file_.write_at(offset + at,
                       fresh.subspan(at, static_cast<std::size_t>(end - run) * page_size_));
        run = std::find(end, last, true);
      }
    }
    if (fresh_.size() < file_.size()) file_.truncate(fresh_.size());
    file_.sync();
  }

 private:
  static std::span<std::byte> piece(std::vector<std::byte>& buffer, std::uint64_t offset,
                                    std::uint64_t end) {
    const std::uint64_t left = end - std::min(offset, end);
    return std::span(buffer).first(
        static_cast<std::size_t>(std::min<std::uint64_t>(left, piece_size)));
  }

  LiveFile file_;
  FreshPages fresh_;
  std::uint32_t page_size_;
  std::uint64_t old_size_;
  std::vector<bool> changed_;
  std::vector<std::byte> left_;
  std::vector<std::byte> right_;
};

/// Whether SQLite has a log or a journal of its own open: the database is in WAL mode, or SQLite
/// mended its header when it took the lock.
bool has_own_journal(SQLite::Database& live) {
  sqlite3_file* journal = nullptr;
  const int result = sqlite3_file_control(live.getHandle(), "main", SQLITE_FCNTL_JOURNAL_POINTER,
                                          static_cast<void*>(&journal));
  return result != SQLITE_OK || (journal != nullptr && journal->pMethods != nullptr);
}

/// Whether its header says of the file what is.
bool is_plain(const RandomAccess& database, std::uint32_t page_size) {
  if (database.size() < header::size || database.size() % page_size != 0) return false;
  std::array<std::byte, header::size> bytes{};
  database.read_at(0, bytes);
  const auto number = [&](std::size_t at) { return big_endian(std::span(bytes).subspan(at)); };
  return page_size_in(bytes) == page_size &&
         number(header::page_count) == database.size() / page_size &&
         number(header::changes) == number(header::valid_for);
}

}  // namespace

bool replace_pages(SQLite::Database& live, const fs::path& path, const RandomAccess& fresh,
                   const fs::path& scratch) {
  const LiveFile file(live);
  const fs::path name = path.string() + "-journal";
  const auto page_size = static_cast<std::uint32_t>(query_number(live, "PRAGMA page_size"));
  const std::uint64_t old_size = file.size();
  if (old_size == 0 || old_size % page_size != 0 || !is_plain(fresh, page_size)) return false;
  if (has_own_journal(live) || is_journal_in_use(name)) return false;
  std::array<std::byte, header::size> old_header{};
  file.read_at(0, old_header);
  PageReplacement replacement(file, {fresh, old_header}, page_size);
  RollbackJournal journal(scratch, page_size, replacement.old_pages());
  replacement.save(journal);
  if (!journal.publish(name, path)) return false;
  replacement.write();
  if (unlink(name.c_str()) != 0) {
    throw system_error(ErrorKind::failed, "cannot remove " + name.string(), errno);
  }
  sync_dir(name.parent_path());
  return true;
}

}  // namespace a2a_backup
