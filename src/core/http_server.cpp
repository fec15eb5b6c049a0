// SPDX-License-Identifier: MIT
#include "a2a_backup/core/http_server.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <condition_variable>
#include <list>
#include <mutex>
#include <optional>
#include <thread>

#include "a2a_backup/core/interrupt.hpp"
#include "a2a_backup/core/log.hpp"
#include "a2a_backup/core/text.hpp"
#include "http_server_request.hpp"
#include "http_server_stream.hpp"

namespace a2a_backup {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;
using AddressList = std::unique_ptr<addrinfo, decltype(&freeaddrinfo)>;

AddressList resolve(const std::string& host, std::uint16_t port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE;
  addrinfo* found = nullptr;
  if (getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found) != 0) {
    throw Error(ErrorKind::usage, printable(host) + " is not an address to listen on",
                "write it like 127.0.0.1:8765 or [::1]:8765");
  }
  return {found, freeaddrinfo};
}

UniqueFd listen_on(const std::string& host, std::uint16_t port) {
  const AddressList address = resolve(host, port);
  UniqueFd fd(::socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const int on = 1;
  if (fd) setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (!fd || bind(fd.get(), address->ai_addr, address->ai_addrlen) != 0 ||
      listen(fd.get(), SOMAXCONN) != 0) {
    throw system_error(ErrorKind::usage,
                       "cannot listen on " + host + " port " + std::to_string(port), errno,
                       "choose another address with --listen");
  }
  return fd;
}

struct Endpoint {
  std::string host;
  std::string port;
};

Endpoint endpoint_of(const sockaddr_storage& address, socklen_t size) {
  std::array<char, NI_MAXHOST> host{};
  std::array<char, NI_MAXSERV> port{};
  getnameinfo(reinterpret_cast<const sockaddr*>(&address), size, host.data(), host.size(),
              port.data(), port.size(), NI_NUMERICHOST | NI_NUMERICSERV);
  return {host.data(), port.data()};
}

/// Everything up to the empty line, or nothing when it does not come in time or is too long.
std::optional<std::string> read_head(ServerStream& stream, Deadline deadline, bool& too_long) {
  std::string head;
  std::array<char, 4096> buffer{};
  while (head.find("\r\n\r\n") == std::string::npos) {
    too_long = head.size() >= max_request_head;
    const std::size_t got = too_long ? 0 : stream.read(buffer, deadline);
    if (got == 0) return std::nullopt;
    head.append(buffer.data(), got);
  }
  return head;
}

bool send_file(ServerStream& stream, const HttpReply& reply, Deadline deadline,
               milliseconds stall) {
  std::vector<char> buffer(std::size_t{128} << 10);
  for (std::uint64_t sent = 0; sent < reply.size;) {
    const auto want = std::min<std::uint64_t>(buffer.size(), reply.size - sent);
    const auto got = pread(reply.file.get(), buffer.data(), want, static_cast<off_t>(sent));
    if (got <= 0) return false;
    if (!stream.write({buffer.data(), static_cast<std::size_t>(got)}, deadline, stall)) {
      return false;
    }
    sent += static_cast<std::uint64_t>(got);
  }
  return true;
}

}  // namespace

struct HttpServer::State {
  HttpServerOptions options;
  HttpHandler handler;
  UniqueFd socket;
  std::optional<TlsContext> tls;
  std::mutex mutex;
  std::condition_variable changed;
  std::list<std::thread> threads;  ///< one for each connection
  std::list<std::thread> ended;    ///< have nothing left to do, and are to be joined

  HttpReply answer(const ParsedRequest& parsed) const {
    if (parsed.status != 200) return error_reply(parsed.status);
    try {
      return handler(parsed.request);
    } catch (const std::exception& error) {
      log::warn(printable(parsed.request.path) + ": " + error.what());
      return error_reply(500);
    }
  }

  void serve(UniqueFd client, const std::string& peer) const {
    const auto started = Clock::now();
    const Deadline deadline = started + options.request_timeout;
    ServerStream stream(std::move(client), tls ? &*tls : nullptr);
    if (!stream.accept(deadline)) return log::debug(peer + " no handshake");
    bool too_long = false;
    const auto head = read_head(stream, deadline, too_long);
    if (!head && !too_long) return log::info(peer + " sent no whole request");
    ParsedRequest parsed = too_long ? ParsedRequest{413, {}} : parse_request(*head);
    parsed.request.peer = peer;
    const HttpReply reply = answer(parsed);
    const auto size = reply.file ? reply.size : reply.body.size();
    const auto longest = options.stall_timeout + std::chrono::seconds(size / options.slowest_rate);
    const Deadline end = Clock::now() + longest;
    bool whole = stream.write(format_head(reply), end, options.stall_timeout);
    whole = whole && (reply.file ? send_file(stream, reply, end, options.stall_timeout)
                                 : stream.write(reply.body, end, options.stall_timeout));
    const auto took = std::chrono::duration_cast<milliseconds>(Clock::now() - started);
    const std::string path = parsed.request.path.empty() ? "-" : printable(parsed.request.path);
    log::info(peer + " GET " + path + " " + std::to_string(reply.status) + " " +
              std::to_string(size) + " B " + std::to_string(took.count()) + " ms" +
              (whole ? "" : ", broken off"));
    if (whole) stream.finish();
  }

  void leave(std::list<std::thread>::iterator self) {
    const std::lock_guard lock(mutex);
    ended.splice(ended.end(), threads, self);
    changed.notify_all();
  }

  void join_ended() {
    std::list<std::thread> gone;
    {
      const std::lock_guard lock(mutex);
      gone.swap(ended);
    }
    for (std::thread& thread : gone) thread.join();
  }

  /// What a thread has of OpenSSL goes with it, so none may outlive the program's own exit.
  void join_all() {
    {
      std::unique_lock lock(mutex);
      changed.wait(lock, [this] { return threads.empty(); });
    }
    join_ended();
  }
};

HttpServer::HttpServer(HttpServerOptions options, HttpHandler handler)
    : state_(std::make_unique<State>()) {
  state_->options = std::move(options);
  state_->handler = std::move(handler);
  const HttpServerOptions& set = state_->options;
  if (!set.tls_cert.empty()) state_->tls.emplace(set.tls_cert, set.tls_key);
  state_->socket = listen_on(set.host, set.port);
}

HttpServer::~HttpServer() {
  state_->join_all();
}

std::string HttpServer::address() const {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  getsockname(state_->socket.get(), reinterpret_cast<sockaddr*>(&address), &size);
  const Endpoint end = endpoint_of(address, size);
  const bool v6 = end.host.find(':') != std::string::npos;
  return (v6 ? "[" + end.host + "]" : end.host) + ":" + end.port;
}

void HttpServer::run() {
  while (!interrupt_requested()) {
    state_->join_ended();
    pollfd poller{state_->socket.get(), POLLIN, 0};
    if (poll(&poller, 1, 200) <= 0) continue;
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    UniqueFd client(accept4(state_->socket.get(), reinterpret_cast<sockaddr*>(&address), &size,
                            SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!client) {
      // Out of descriptors: the poll would come back at once.
      if (errno == EMFILE || errno == ENFILE) std::this_thread::sleep_for(milliseconds{100});
      continue;
    }
    std::unique_lock lock(state_->mutex);
    if (state_->threads.size() >= state_->options.max_connections) {
      HttpReply reply = error_reply(503);
      reply.headers["Retry-After"] = "1";
      const std::string text = format_head(reply) + reply.body;
      if (!state_->tls) send(client.get(), text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      continue;
    }
    const auto self = state_->threads.emplace(state_->threads.end());
    try {
      // Under the lock, so it cannot leave before it is in the list.
      *self = std::thread(
          [&state = *state_, self, peer = endpoint_of(address, size).host, socket = client.get()] {
            UniqueFd owner(socket);
            try {
              state.serve(std::move(owner), peer);
            } catch (const std::exception& error) {
              log::warn(peer + ": " + error.what());
            }
            state.leave(self);
          });
      client.release();
    } catch (const std::exception&) {
      state_->threads.erase(self);
    }
  }
  state_->socket.reset();
  state_->join_all();
}

std::pair<std::string, std::uint16_t> parse_listen_address(const std::string& text) {
  const std::size_t colon = text.rfind(':');
  std::string host = text.substr(0, colon == std::string::npos ? 0 : colon);
  const std::string digits = colon == std::string::npos ? "" : text.substr(colon + 1);
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  const bool whole = error == std::errc{} && end == digits.data() + digits.size();
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  if (host == "localhost") host = "127.0.0.1";
  if (whole && !host.empty()) return {host, port};
  throw Error(ErrorKind::usage, "'" + printable(text) + "' is not an address to listen on",
              "write it like 127.0.0.1:8765 or [::1]:8765");
}

}  // namespace a2a_backup
