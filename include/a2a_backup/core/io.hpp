// SPDX-License-Identifier: MIT
/// The two ways bytes are read: pulled in order, or fetched at an offset.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>

namespace a2a_backup {

/// A stream of bytes that is read once, from its start to its end.
class Reader {
 public:
  virtual ~Reader() = default;
  /// Fills the front of `buffer` and returns how many bytes it wrote; 0 only at the end.
  /// Throws Error when the bytes cannot be had or are found to be damaged.
  virtual std::size_t read(std::span<std::byte> buffer) = 0;
};

/// Bytes of a known size that can be read anywhere, such as a local file or an object in a store.
/// Reads from several threads at once are allowed.
class RandomAccess {
 public:
  virtual ~RandomAccess() = default;
  virtual std::uint64_t size() const = 0;
  /// Fills all of `buffer` from `offset`; throws Error when it cannot.
  virtual void read_at(std::uint64_t offset, std::span<std::byte> buffer) const = 0;
  /// What to call it in messages: a path or a URL, without secrets.
  virtual const std::string& name() const = 0;
};

/// Hands the stream to `take` piece by piece, to its end.
void for_each_piece(Reader& reader, const std::function<void(std::span<const std::byte>)>& take);

/// Reads until `buffer` is full or the stream ends; returns the bytes read.
std::size_t read_full(Reader& reader, std::span<std::byte> buffer);

/// The whole stream as text. Throws Error of kind `failed` above `limit` bytes.
std::string read_text(Reader& reader, std::uint64_t limit);

}  // namespace a2a_backup
