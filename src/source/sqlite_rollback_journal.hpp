// SPDX-License-Identifier: MIT
/// A rollback journal as SQLite writes and plays back one.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "a2a_backup/core/file.hpp"

namespace a2a_backup {

/// A rollback journal on its way: a header, then for each page its number, its content as it was,
/// and a checksum. Until it is published it is a file that means nothing, and goes with the object.
///
/// Source: https://www.sqlite.org/fileformat2.html, "The Rollback Journal".
class RollbackJournal {
 public:
  /// Begins the new file `path`. The database has `old_pages` pages, to which it is cut back when
  /// the journal is played back.
  RollbackJournal(fs::path path, std::uint32_t page_size, std::uint32_t old_pages);
  ~RollbackJournal();
  RollbackJournal(const RollbackJournal&) = delete;
  RollbackJournal& operator=(const RollbackJournal&) = delete;

  /// Pages count from 1.
  void add(std::uint32_t page, std::span<const std::byte> content);

  /// Makes it durable under its name, with the owner and mode of the database, for the application
  /// to play it back whoever runs this. From then on it counts. False when it cannot get that name
  /// from where it is, and nothing has happened.
  bool publish(const fs::path& name, const fs::path& database);

 private:
  void put(std::uint32_t number);
  void flush();
  void write(std::span<const std::byte> data);
  void copy_owner(const fs::path& model);

  fs::path path_;
  UniqueFd fd_;
  EarlyWriteback writeback_{fd_.get()};
  std::uint32_t page_size_;
  std::uint32_t nonce_ = 0;
  std::uint32_t records_ = 0;
  std::array<std::byte, 4096> header_{};  ///< a whole sector
  std::vector<std::byte> pending_;
};

/// Whether a journal is there that may count; one that is kept for the next time begins with zeros.
bool is_journal_in_use(const fs::path& journal);

}  // namespace a2a_backup
