// SPDX-License-Identifier: MIT
/// Inputs and helpers for the tests of chunks and their pipelines.
#pragma once

#include <zlib.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "a2a_backup/core/io.hpp"

namespace a2a_backup::test {

using ByteVector = std::vector<std::byte>;

inline ByteVector random_bytes(std::size_t size, unsigned seed = 1) {
  std::mt19937 generator(seed);
  ByteVector bytes(size);
  for (std::byte& byte : bytes) byte = static_cast<std::byte>(generator() & 0xffU);
  return bytes;
}

inline ByteVector zeros(std::size_t size) {
  return ByteVector(size);
}

/// Compresses to about a third, in matches of many lengths and distances.
inline ByteVector text_bytes(std::size_t size, unsigned seed = 1) {
  static constexpr std::array<std::string_view, 8> words{
      "agent", "backup", "restore", "{\"status\": \"pending\", ", "task", "\n", "2025-07-", "of"};
  std::mt19937 generator(seed);
  std::string text;
  while (text.size() < size) {
    text += words[generator() % words.size()];
    text += generator() % 3 == 0 ? std::to_string(generator() % 100000) : " ";
  }
  const auto bytes = std::as_bytes(std::span(text)).first(size);
  return {bytes.begin(), bytes.end()};
}

/// Text, noise and zeros in turn.
inline ByteVector mixed_bytes(std::size_t size) {
  ByteVector bytes;
  for (unsigned seed = 1; bytes.size() < size; ++seed) {
    for (const ByteVector& part : {text_bytes(9000, seed), random_bytes(5000, seed), zeros(3000)}) {
      bytes.insert(bytes.end(), part.begin(), part.end());
    }
  }
  bytes.resize(size);
  return bytes;
}

/// A Reader of bytes in memory that notes who calls it.
class BytesReader : public Reader {
 public:
  struct Log {
    std::atomic<std::size_t> delivered{0};
    std::mutex mutex;
    std::set<std::thread::id> threads;
  };

  explicit BytesReader(ByteVector bytes, std::shared_ptr<Log> log = std::make_shared<Log>())
      : bytes_(std::move(bytes)), log_(std::move(log)) {}

  std::size_t read(std::span<std::byte> buffer) override {
    if (busy_.exchange(true)) throw std::logic_error("two threads read at once");
    const std::size_t position = log_->delivered;
    if (fail_at && position >= *fail_at) {
      busy_ = false;
      throw std::runtime_error("the disk is on fire");
    }
    {
      const std::lock_guard lock(log_->mutex);
      log_->threads.insert(std::this_thread::get_id());
    }
    const std::size_t count = std::min({buffer.size(), bytes_.size() - position, largest_piece});
    std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(position), count, buffer.begin());
    log_->delivered = position + count;
    busy_ = false;
    return count;
  }

  std::size_t largest_piece = static_cast<std::size_t>(-1);
  std::optional<std::size_t> fail_at;  ///< an offset behind which reads fail

 private:
  ByteVector bytes_;
  std::shared_ptr<Log> log_;
  std::atomic<bool> busy_{false};
};

class BytesFile : public RandomAccess {
 public:
  explicit BytesFile(ByteVector content) : bytes(std::move(content)) {}

  std::uint64_t size() const override { return bytes.size(); }
  void read_at(std::uint64_t offset, std::span<std::byte> buffer) const override {
    if (offset > bytes.size() || buffer.size() > bytes.size() - offset) {
      throw std::out_of_range("read beyond the end of the file");
    }
    if (fail_at && offset + buffer.size() > *fail_at) {
      throw std::runtime_error("the disk is on fire");
    }
    if (before_read) before_read(offset);
    std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(offset), buffer.size(), buffer.begin());
  }
  const std::string& name() const override { return name_; }

  ByteVector bytes;
  std::optional<std::uint64_t> fail_at;
  std::function<void(std::uint64_t offset)> before_read;

 private:
  std::string name_ = "sample.zip";
};

/// Waits until `condition` holds; false when it does not within ten seconds.
template <class Condition>
bool eventually(Condition condition) {
  for (int i = 0; i < 10000 && !condition(); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return condition();
}

/// All that `reader` yields, read in pieces of `piece` bytes.
inline ByteVector drain(Reader& reader, std::size_t piece = 8192) {
  ByteVector all;
  ByteVector buffer(piece);
  while (const std::size_t got = reader.read(buffer)) {
    all.insert(all.end(), buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(got));
  }
  return all;
}

/// What zlib makes of a whole raw deflate stream; nothing unless it ends where `stream` ends.
inline std::optional<ByteVector> zlib_inflate(const ByteVector& stream) {
  z_stream state{};
  if (inflateInit2(&state, -15) != Z_OK) throw std::bad_alloc();
  ByteVector input = stream;  // zlib wants it writable
  state.next_in = reinterpret_cast<Bytef*>(input.data());
  state.avail_in = static_cast<uInt>(input.size());
  ByteVector all;
  ByteVector buffer(65536);
  int code = Z_OK;
  while (code == Z_OK) {
    state.next_out = reinterpret_cast<Bytef*>(buffer.data());
    state.avail_out = static_cast<uInt>(buffer.size());
    code = inflate(&state, Z_NO_FLUSH);
    all.insert(all.end(), buffer.begin(), buffer.end() - state.avail_out);
  }
  const bool whole = code == Z_STREAM_END && state.avail_in == 0;
  inflateEnd(&state);
  return whole ? std::optional(all) : std::nullopt;
}

}  // namespace a2a_backup::test
