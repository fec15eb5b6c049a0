// SPDX-License-Identifier: MIT
#include <algorithm>
#include <mutex>

#include "s3_download.hpp"
#include "s3_range.hpp"

namespace a2a_backup {
namespace {

constexpr std::uint64_t tail_size = std::uint64_t{256} << 10;
/// A small read fetches this much, for the reads that follow it; where they do, ever more.
constexpr std::uint64_t least_window = std::uint64_t{64} << 10;
constexpr std::uint64_t most_window = std::uint64_t{4} << 20;

/// Bytes of the object that are here.
struct Piece {
  std::uint64_t offset = 0;
  std::string bytes;

  bool holds(std::uint64_t position) const {
    return position >= offset && position - offset < bytes.size();
  }
  /// Copies what it holds from `position` on; returns how many bytes.
  std::size_t copy(std::uint64_t position, std::span<std::byte> buffer) const {
    const auto from = static_cast<std::size_t>(position - offset);
    const std::size_t count = std::min(buffer.size(), bytes.size() - from);
    const auto data = std::as_bytes(std::span(bytes)).subspan(from, count);
    std::copy(data.begin(), data.end(), buffer.begin());
    return count;
  }
};

class S3File : public RandomAccess {
 public:
  S3File(std::shared_ptr<S3Bucket> bucket, const std::string& key)
      : bucket_(std::move(bucket)), key_(key), name_(bucket_->place(key)) {
    S3Tail tail = fetch_tail(*bucket_, key, tail_size);
    size_ = tail.total;
    etag_ = tail.etag;
    tail_ = {size_ - tail.bytes.size(), std::move(tail.bytes)};
  }

  std::uint64_t size() const override { return size_; }
  const std::string& name() const override { return name_; }

  void read_at(std::uint64_t offset, std::span<std::byte> buffer) const override {
    if (offset > size_ || buffer.size() > size_ - offset) {
      throw Error(ErrorKind::archive, name_ + " ends too early");
    }
    const std::lock_guard lock(mutex_);
    while (!buffer.empty()) {
      if (!tail_.holds(offset) && !window_.holds(offset)) fetch(offset, buffer.size());
      const Piece& piece = tail_.holds(offset) ? tail_ : window_;
      const std::size_t count = piece.copy(offset, buffer);
      buffer = buffer.subspan(count);
      offset += count;
    }
  }

 private:
  void fetch(std::uint64_t offset, std::uint64_t wanted) const {
    const bool goes_on = offset > 0 && offset == window_.offset + window_.bytes.size();
    window_size_ = goes_on ? std::min(2 * window_size_, most_window) : least_window;
    const std::uint64_t size = std::min(std::max(wanted, window_size_), tail_.offset - offset);
    window_ = {};
    Piece fresh{offset, {}};
    fetch_range(*bucket_, {key_, offset, size, size_, etag_}, [&](std::span<const std::byte> data) {
      fresh.bytes.append(reinterpret_cast<const char*>(data.data()), data.size());
    });
    window_ = std::move(fresh);
  }

  std::shared_ptr<S3Bucket> bucket_;
  std::string key_;
  std::string name_;
  std::uint64_t size_ = 0;
  std::string etag_;
  Piece tail_;
  mutable std::mutex mutex_;
  mutable Piece window_;
  mutable std::uint64_t window_size_ = least_window;
};

}  // namespace

std::shared_ptr<const RandomAccess> open_object(std::shared_ptr<S3Bucket> bucket,
                                                const std::string& key) {
  return std::make_shared<S3File>(std::move(bucket), key);
}

}  // namespace a2a_backup
