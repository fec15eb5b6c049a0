// SPDX-License-Identifier: MIT
#include "sqlite_snapshot.hpp"

#include <algorithm>

#include "sqlite_format.hpp"

namespace a2a_backup {
namespace {

/// How often a commit may come between before the copy that SQLite makes is the better way.
constexpr int attempts = 200;

constexpr int index_region_size = 32768;

/// The index of the log, which the connection must have looked at before.
const volatile void* map_index(sqlite3_file* file) {
  volatile void* memory = nullptr;
  if (file == nullptr || file->pMethods == nullptr || file->pMethods->iVersion < 2) return nullptr;
  const int result = file->pMethods->xShmMap(file, 0, index_region_size, 0, &memory);
  return result == SQLITE_OK ? memory : nullptr;
}

}  // namespace

std::unique_ptr<SqliteSnapshot> SqliteSnapshot::take(const fs::path& live) {
  std::unique_ptr<SqliteSnapshot> snapshot(new SqliteSnapshot(live));
  if (snapshot->file_ == nullptr) return nullptr;
  if (!snapshot->blocks_writers()) {
    if (!snapshot->begin_with_log()) return nullptr;
  } else {
    snapshot->begin();
    // Another connection may have changed the mode before this one held it.
    if (query_text(snapshot->reader_, "PRAGMA journal_mode") == "wal") return nullptr;
  }
  SQLite::Database& reader = snapshot->reader_;
  snapshot->page_size_ = static_cast<std::uint32_t>(query_number(reader, "PRAGMA page_size"));
  snapshot->pages_ = static_cast<std::uint32_t>(query_number(reader, "PRAGMA page_count"));
  return snapshot;
}

SqliteSnapshot::SqliteSnapshot(const fs::path& live)
    : name_(live.string()), reader_(open_live(live)) {
  journal_mode_ = query_text(reader_, "PRAGMA journal_mode");
  file_ = file_of(reader_);
}

/// BEGIN alone takes no lock; the first read fixes the state.
void SqliteSnapshot::begin() {
  reader_.exec("BEGIN");
  query_number(reader_, "SELECT count(*) FROM sqlite_master");
}

/// The index is the same before and after the transaction began, so it is what SQLite saw, too.
///
/// A reader that begins when all frames are in the database file reads that alone, and lets writers
/// start the log anew; any other keeps the log. Which of the two this one is shows when the
/// checkpoint had or had not ended both before and after.
bool SqliteSnapshot::begin_with_log() {
  query_number(reader_, "SELECT count(*) FROM sqlite_master");
  const volatile void* memory = map_index(file_);
  if (memory == nullptr) return false;
  for (int attempt = 0; attempt < attempts; ++attempt) {
    const auto before = read_wal_index(memory);
    begin();
    const auto after = read_wal_index(memory);
    if (before && after && before->header == after->header &&
        before->in_database() == after->in_database()) {
      if (before->in_database()) return true;
      if (!stat_path(name_ + "-wal")) return false;
      log_ = open_random_access(name_ + "-wal", ErrorKind::source);
      auto logged = WalPages::read(*log_, *before);
      if (!logged) return false;
      logged_ = std::move(*logged);
      return true;
    }
    reader_.exec("COMMIT");
    check_interrupt();
  }
  return false;
}

void SqliteSnapshot::read_at(std::uint64_t offset, std::span<std::byte> buffer) const {
  if (offset > size() || buffer.size() > size() - offset) {
    throw Error(ErrorKind::source, name_ + " has no bytes at " + std::to_string(offset));
  }
  for (std::size_t done = 0; done < buffer.size();) {
    const std::uint64_t position = offset + done;
    const auto page = static_cast<std::uint32_t>(position / page_size_ + 1);
    const std::uint64_t start = std::uint64_t{page - 1} * page_size_;
    const auto in_log = log_ ? logged_.find(page) : std::nullopt;
    std::uint64_t end = start + page_size_;
    if (!in_log) {
      const auto next = log_ ? logged_.next(page) : std::nullopt;
      end = next ? std::uint64_t{*next - 1} * page_size_ : size();
    }
    const auto piece = buffer.subspan(done, static_cast<std::size_t>(std::min<std::uint64_t>(
                                                buffer.size() - done, end - position)));
    if (in_log) {
      log_->read_at(*in_log + (position - start), piece);
    } else {
      read_file(position, piece);
    }
    done += piece.size();
  }
  patch(offset, buffer);
}

/// A file may end before its last pages, which are then in no use.
void SqliteSnapshot::read_file(std::uint64_t offset, std::span<std::byte> buffer) const {
  const std::lock_guard lock(one_at_a_time_);
  constexpr std::size_t largest = std::size_t{1} << 30;
  while (!buffer.empty()) {
    const auto piece = buffer.first(std::min(buffer.size(), largest));
    const int result = file_->pMethods->xRead(file_, piece.data(), static_cast<int>(piece.size()),
                                              static_cast<sqlite3_int64>(offset));
    if (result != SQLITE_OK && result != SQLITE_IOERR_SHORT_READ) {
      throw Error(ErrorKind::source, "cannot read the database " + name_,
                  "check the disk that it is on");
    }
    offset += piece.size();
    buffer = buffer.subspan(piece.size());
  }
}

/// What a copy must not share with the live file: that it has a log, and what happens to be in the
/// page of the locks.
void SqliteSnapshot::patch(std::uint64_t offset, std::span<std::byte> buffer) const {
  for (std::uint64_t at = header::versions; at < header::versions + 2; ++at) {
    if (!blocks_writers() && at >= offset && at - offset < buffer.size()) {
      buffer[static_cast<std::size_t>(at - offset)] = std::byte{1};
    }
  }
  const std::uint64_t first = std::max(offset, lock_byte);
  const std::uint64_t last = std::min(offset + buffer.size(), lock_byte + page_size_);
  if (first >= last) return;
  const auto unused = buffer.subspan(static_cast<std::size_t>(first - offset),
                                     static_cast<std::size_t>(last - first));
  std::fill(unused.begin(), unused.end(), std::byte{0});
}

}  // namespace a2a_backup
