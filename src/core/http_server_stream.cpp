// SPDX-License-Identifier: MIT
#include "http_server_stream.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "a2a_backup/core/interrupt.hpp"

namespace a2a_backup {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

void require(bool good, const std::string& what) {
  if (!good) throw Error(ErrorKind::usage, what, "give a PEM file with --tls-cert and --tls-key");
}

}  // namespace

TlsContext::TlsContext(const fs::path& certificate, const fs::path& key)
    : context_(SSL_CTX_new(TLS_server_method()), SSL_CTX_free) {
  if (!context_) throw Error(ErrorKind::failed, "OpenSSL does not start");
  open_read(certificate, ErrorKind::usage);
  open_read(key, ErrorKind::usage);
  SSL_CTX* context = context_.get();
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  require(SSL_CTX_use_certificate_chain_file(context, certificate.c_str()) == 1,
          certificate.string() + " is not a certificate");
  require(SSL_CTX_use_PrivateKey_file(context, key.c_str(), SSL_FILETYPE_PEM) == 1,
          key.string() + " is not the private key of " + certificate.string());
  ERR_clear_error();
}

ServerStream::ServerStream(UniqueFd socket, const TlsContext* tls) : socket_(std::move(socket)) {
  if (tls == nullptr) return;
  ssl_ = std::shared_ptr<ssl_st>(SSL_new(tls->get()), SSL_free);
  if (ssl_) SSL_set_fd(ssl_.get(), socket_.get());
}

ServerStream::Wait ServerStream::tls_wait(int result, std::ptrdiff_t& done) const {
  const int reason = SSL_get_error(ssl_.get(), result);
  ERR_clear_error();
  if (reason == SSL_ERROR_WANT_READ) return Wait::readable;
  if (reason == SSL_ERROR_WANT_WRITE) return Wait::writable;
  done = reason == SSL_ERROR_ZERO_RETURN ? 0 : -1;
  return Wait::none;
}

ServerStream::Wait ServerStream::step_accept(std::ptrdiff_t& done) {
  ERR_clear_error();
  const int result = SSL_accept(ssl_.get());
  done = result;
  return result > 0 ? Wait::none : tls_wait(result, done);
}

ServerStream::Wait ServerStream::step_read(std::span<char> buffer, std::ptrdiff_t& done) {
  if (ssl_) {
    ERR_clear_error();
    const int result = SSL_read(ssl_.get(), buffer.data(), static_cast<int>(buffer.size()));
    done = result;
    return result > 0 ? Wait::none : tls_wait(result, done);
  }
  done = recv(socket_.get(), buffer.data(), buffer.size(), 0);
  const bool later = done < 0 && (errno == EAGAIN || errno == EINTR);
  return later ? Wait::readable : Wait::none;
}

ServerStream::Wait ServerStream::step_write(std::string_view data, std::ptrdiff_t& done) {
  if (ssl_) {
    ERR_clear_error();
    const int result = SSL_write(ssl_.get(), data.data(), static_cast<int>(data.size()));
    done = result;
    return result > 0 ? Wait::none : tls_wait(result, done);
  }
  done = send(socket_.get(), data.data(), data.size(), MSG_NOSIGNAL);
  const bool later = done < 0 && (errno == EAGAIN || errno == EINTR);
  return later ? Wait::writable : Wait::none;
}

bool ServerStream::wait(Wait what, Deadline deadline) const {
  const auto left = std::chrono::ceil<milliseconds>(deadline - Clock::now());
  if (left <= milliseconds{0}) return false;
  pollfd poller{socket_.get(), static_cast<short>(what == Wait::readable ? POLLIN : POLLOUT), 0};
  const auto slice = std::min(left, milliseconds{200});
  return poll(&poller, 1, static_cast<int>(slice.count())) >= 0 || errno == EINTR;
}

bool ServerStream::accept(Deadline deadline) {
  std::ptrdiff_t done = 1;
  while (ssl_) {
    const Wait next = step_accept(done);
    if (next == Wait::none) break;
    if (interrupt_requested() || !wait(next, deadline)) return false;
  }
  return done > 0;
}

std::size_t ServerStream::read(std::span<char> buffer, Deadline deadline) {
  std::ptrdiff_t done = 0;
  for (;;) {
    const Wait next = step_read(buffer, done);
    if (next == Wait::none) return done > 0 ? static_cast<std::size_t>(done) : 0;
    // Who has not even asked yet is not waited for when the server is told to end.
    if (interrupt_requested() || !wait(next, deadline)) return 0;
  }
}

bool ServerStream::write(std::string_view data, Deadline deadline, milliseconds stall) {
  auto last_move = Clock::now();
  while (!data.empty()) {
    std::ptrdiff_t done = 0;
    const Wait next = step_write(data, done);
    if (next != Wait::none) {
      if (!wait(next, std::min(deadline, last_move + stall))) return false;
      continue;
    }
    if (done <= 0) return false;
    data.remove_prefix(static_cast<std::size_t>(done));
    last_move = Clock::now();
    if (last_move >= deadline) return false;
  }
  return true;
}

/// Closing at once, with something unread, would reset the connection and lose the answer.
void ServerStream::finish() {
  if (ssl_) SSL_shutdown(ssl_.get());
  ERR_clear_error();
  shutdown(socket_.get(), SHUT_WR);
  const Deadline deadline = Clock::now() + milliseconds{1000};
  char buffer[4096];
  for (int i = 0; i < 256 && Clock::now() < deadline; ++i) {
    const auto got = recv(socket_.get(), buffer, sizeof buffer, 0);
    if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) return;
    if (got < 0 && (interrupt_requested() || !wait(Wait::readable, deadline))) return;
  }
}

}  // namespace a2a_backup
