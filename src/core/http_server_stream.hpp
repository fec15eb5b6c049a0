// SPDX-License-Identifier: MIT
/// The server's end of one connection, plain or encrypted, that waits for nobody for ever.
#pragma once

#include <chrono>
#include <memory>
#include <span>
#include <string>

#include "a2a_backup/core/file.hpp"

struct ssl_ctx_st;
struct ssl_st;

namespace a2a_backup {

using Deadline = std::chrono::steady_clock::time_point;

/// A certificate and its key, loaded. Throws Error of kind `usage` when they cannot be used.
class TlsContext {
 public:
  TlsContext(const fs::path& certificate, const fs::path& key);
  ssl_ctx_st* get() const { return context_.get(); }

 private:
  std::shared_ptr<ssl_ctx_st> context_;
};

class ServerStream {
 public:
  /// Takes a socket that does not block. Without `tls` it is plain.
  ServerStream(UniqueFd socket, const TlsContext* tls);

  /// The handshake; true at once where there is none.
  bool accept(Deadline deadline);
  /// At most that many bytes; 0 at the end, on an error, or when the deadline is over.
  std::size_t read(std::span<char> buffer, Deadline deadline);
  /// All of it; false on an error, when `deadline` is over, or when nothing moves for `stall`.
  bool write(std::string_view data, Deadline deadline, std::chrono::milliseconds stall);
  /// Says goodbye so that the client sees the whole answer.
  void finish();

 private:
  enum class Wait : std::uint8_t { none, readable, writable };
  /// Runs one step; which wait it wants, or none when it is over with `done` bytes.
  Wait step_read(std::span<char> buffer, std::ptrdiff_t& done);
  Wait step_write(std::string_view data, std::ptrdiff_t& done);
  Wait step_accept(std::ptrdiff_t& done);
  Wait tls_wait(int result, std::ptrdiff_t& done) const;
  bool wait(Wait what, Deadline deadline) const;

  UniqueFd socket_;
  std::shared_ptr<ssl_st> ssl_;
};

}  // namespace a2a_backup
