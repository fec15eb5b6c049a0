// SPDX-License-Identifier: MIT
#include "sqlite_rollback_journal.hpp"

#include <sys/random.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "sqlite_format.hpp"

namespace a2a_backup {
namespace {

constexpr std::size_t flushed_at = std::size_t{1} << 20;
constexpr std::array<unsigned char, 8> magic{0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7};

}  // namespace

RollbackJournal::RollbackJournal(fs::path path, std::uint32_t page_size, std::uint32_t old_pages)
    : path_(std::move(path)), fd_(create_new(path_)), page_size_(page_size) {
  if (getrandom(&nonce_, sizeof nonce_, 0) != sizeof nonce_) nonce_ = page_size ^ old_pages;
  const std::span header(header_);
  std::memcpy(header_.data(), magic.data(), magic.size());
  put_big_endian(header.subspan(12), nonce_);
  put_big_endian(header.subspan(16), old_pages);
  put_big_endian(header.subspan(20), static_cast<std::uint32_t>(header_.size()));
  put_big_endian(header.subspan(24), page_size);
  pending_.reserve(flushed_at + page_size + 8);
  write(header_);
}

RollbackJournal::~RollbackJournal() {
  if (!path_.empty()) unlink(path_.c_str());
}

void RollbackJournal::add(std::uint32_t page, std::span<const std::byte> content) {
  std::uint32_t checksum = nonce_;
  for (std::size_t at = page_size_; at > 200;) {
    at -= 200;
    checksum += std::to_integer<std::uint32_t>(content[at]);
  }
  put(page);
  pending_.insert(pending_.end(), content.begin(), content.end());
  put(checksum);
  ++records_;
  if (pending_.size() >= flushed_at) flush();
}

bool RollbackJournal::publish(const fs::path& name, const fs::path& database) {
  flush();
  put_big_endian(std::span(header_).subspan(8), records_);
  write_all_at(fd_.get(), header_, 0, path_);
  copy_owner(database);
  sync_fd(fd_.get(), path_);
  if (std::rename(path_.c_str(), name.c_str()) != 0) {
    if (errno == EXDEV) return false;
    throw system_error(ErrorKind::failed, "cannot create " + name.string(), errno);
  }
  path_.clear();
  sync_dir(name.parent_path());
  return true;
}

void RollbackJournal::put(std::uint32_t number) {
  std::array<std::byte, 4> bytes{};
  put_big_endian(bytes, number);
  pending_.insert(pending_.end(), bytes.begin(), bytes.end());
}

void RollbackJournal::flush() {
  write(pending_);
  pending_.clear();
}

void RollbackJournal::write(std::span<const std::byte> data) {
  write_all(fd_.get(), data, path_);
  writeback_.wrote(data.size());
}

void RollbackJournal::copy_owner(const fs::path& model) {
  const auto status = stat_path(model);
  if (!status) return;
  // Only root can give a file away; anybody else can still share it with a group of his own.
  if (fchown(fd_.get(), status->st_uid, status->st_gid) != 0) {
    [[maybe_unused]] const int ignored = fchown(fd_.get(), static_cast<uid_t>(-1), status->st_gid);
  }
  if (fchmod(fd_.get(), status->st_mode & 0777U) != 0) {
    throw system_error(ErrorKind::failed, "cannot set the mode of " + path_.string(), errno);
  }
}

/// Whether a journal is there that may count; one that is kept for the next time begins with zeros.
bool is_journal_in_use(const fs::path& journal) {
  if (!stat_path(journal)) return false;
  FileReader reader(journal);
  std::array<std::byte, 1> first{};
  return read_full(reader, first) == 1 && first[0] != std::byte{0};
}

}  // namespace a2a_backup
