// SPDX-License-Identifier: MIT
#include "a2a_backup/core/subprocess.hpp"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstring>

#include "a2a_backup/core/interrupt.hpp"
#include "pipe.hpp"
#include "spawn.hpp"

namespace a2a_backup {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t message_limit = std::size_t{64} << 10;
constexpr std::size_t feed_size = std::size_t{64} << 10;

/// The longest time without a look at signals, the clock and the program's life: what poll() does
/// not wake us for.
constexpr milliseconds longest_nap{100};

fs::path locate(const SubprocessOptions& options) {
  if (const auto program = find_program(options.command.at(0))) return *program;
  throw Error(ErrorKind::failed, "the program " + options.command[0] + " is not installed",
              options.hint_when_missing);
}

}  // namespace

std::string ProgramResult::ending() const {
  if (signal == 0) return "exit code " + std::to_string(exit_code);
  return "signal " + std::to_string(signal) + " (" + strsignal(signal) + ")";
}

std::string ProgramResult::reason() const {
  const std::size_t end = messages.find_last_not_of(" \r\n\t");
  if (end == std::string::npos) return ending();
  const std::size_t before = messages.rfind('\n', end);
  const std::size_t start = before == std::string::npos ? 0 : before + 1;
  return messages.substr(start, end + 1 - start);
}

Subprocess::Subprocess(SubprocessOptions options)
    : name_(options.command.at(0)),
      feed_(std::move(options.feed)),
      timeout_(options.timeout),
      grace_(options.grace),
      started_(Clock::now()) {
  SpawnOptions start;
  start.program = locate(options);
  start.command = &options.command;
  start.environment = &options.environment;
  start.inherited = &options.inherited;
  start.own_group = !options.asks_on_terminal;
  Pipe input;
  Pipe output;
  Pipe messages;
  start.input = options.input;
  start.output = options.output;
  start.messages = STDERR_FILENO;
  if (feed_ || options.write_input) {
    input = make_pipe();
    start.input = input.read_end.get();
  }
  if (feed_) set_nonblocking(input.write_end.get());
  if (options.read_output) {
    output = make_pipe();
    start.output = output.write_end.get();
  }
  if (!options.show_messages) {
    messages = make_pipe();
    start.messages = messages.write_end.get();
    set_nonblocking(messages.read_end.get());
  }
  child_.start(start);
  input_ = std::move(input.write_end);
  output_ = std::move(output.read_end);
  messages_ = std::move(messages.read_end);
}

Subprocess::~Subprocess() {
  stop();
}

std::size_t Subprocess::read(std::span<std::byte> buffer) {
  if (buffer.empty()) return 0;
  while (output_) {
    // Descendants may hold the pipe open for longer than the program lives.
    const bool last_look = child_.has_exited();
    if (!turn(last_look ? milliseconds{0} : longest_nap)) {
      if (last_look) output_.reset();
      continue;
    }
    const ssize_t got = ::read(output_.get(), buffer.data(), buffer.size());
    if (got > 0) return static_cast<std::size_t>(got);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw system_error(ErrorKind::failed, "cannot read from " + name_, errno);
    output_.reset();
  }
  return 0;
}

bool Subprocess::send(std::string_view text) {
  auto data = std::as_bytes(std::span(text));
  while (!data.empty() && input_) data = data.subspan(write_some(data));
  return data.empty();
}

bool Subprocess::send_and_listen(std::string_view text) {
  auto data = std::as_bytes(std::span(text));
  if (input_) set_nonblocking(input_.get());
  while (!data.empty() && input_) {
    check_interrupt();
    check_time();
    std::array<pollfd, 2> waiting{{{input_.get(), POLLOUT, 0}, {messages_.get(), POLLIN, 0}}};
    if (poll(waiting.data(), waiting.size(), static_cast<int>(longest_nap.count())) <= 0) continue;
    if (waiting[1].revents != 0) collect_messages();
    if (waiting[0].revents != 0) data = data.subspan(write_some(data));
  }
  return data.empty();
}

const ProgramResult& Subprocess::wait() {
  output_.reset();
  // A program closes its end of a pipe by ending; one that was given none is asked more often.
  milliseconds nap{1};
  while (!child_.has_exited()) {
    turn(messages_ ? longest_nap : nap);
    if (!messages_) nap = std::min(nap * 2, longest_nap);
  }
  collect_messages();
  const ProcessEnd& end = child_.reap();
  result_.exit_code = end.exit_code;
  result_.signal = end.signal;
  return result_;
}

/// Waits for something to do and does it, but for reading stdout: true when there is some.
bool Subprocess::turn(milliseconds patience) {
  check_interrupt();
  check_time();
  std::array<pollfd, 3> waiting{{{feed_ ? input_.get() : -1, POLLOUT, 0},
                                 {messages_.get(), POLLIN, 0},
                                 {output_.get(), POLLIN, 0}}};
  if (poll(waiting.data(), waiting.size(), static_cast<int>(patience.count())) <= 0) return false;
  if (waiting[0].revents != 0) feed_some();
  if (waiting[1].revents != 0) collect_messages();
  return waiting[2].revents != 0;
}

void Subprocess::feed_some() {
  if (pending_from_ == pending_.size()) {
    pending_.resize(feed_size);
    pending_.resize(feed_->read(pending_));
    pending_from_ = 0;
    if (pending_.empty()) return input_.reset();
  }
  pending_from_ += write_some(std::span(pending_).subspan(pending_from_));
}

/// How much of it was taken; `input_` is gone when no more will be.
std::size_t Subprocess::write_some(std::span<const std::byte> data) {
  const ssize_t written = write_without_signal(input_.get(), data);
  if (written >= 0) return static_cast<std::size_t>(written);
  if (errno == EPIPE) {
    input_.reset();
  } else if (errno != EAGAIN && errno != EINTR) {
    throw system_error(ErrorKind::failed, "cannot write to " + name_, errno);
  }
  return 0;
}

/// Takes what there is, without waiting.
void Subprocess::collect_messages() {
  std::array<char, 4096> buffer;
  while (messages_) {
    const ssize_t got = ::read(messages_.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) break;
    if (got == 0) return messages_.reset();
    result_.messages.append(buffer.data(), static_cast<std::size_t>(got));
    if (result_.messages.size() > message_limit) {
      result_.messages.erase(0, result_.messages.size() - message_limit);
    }
  }
}

void Subprocess::check_time() {
  if (!timeout_ || Clock::now() - started_ < *timeout_) return;
  stop();
  throw Error(ErrorKind::failed, name_ + " took longer than " + std::to_string(timeout_->count()) +
                                     " ms and was stopped");
}

void Subprocess::stop() noexcept {
  input_.reset();
  output_.reset();
  child_.stop(grace_);
}

UniqueFd pipe_holding(std::string_view text) {
  const Pipe pipe = make_pipe();
  if (text.size() > PIPE_BUF) throw Error(ErrorKind::failed, "too much text for a pipe");
  write_all(pipe.write_end.get(), text, "a pipe");
  UniqueFd above(fcntl(pipe.read_end.get(), F_DUPFD_CLOEXEC, 3));
  if (!above) throw system_error(ErrorKind::failed, "cannot make a pipe", errno);
  return above;
}

ProgramRun run_program(SubprocessOptions options, std::uint64_t limit) {
  options.read_output = true;
  Subprocess program(std::move(options));
  ProgramRun run;
  run.output = read_text(program, limit);
  run.result = program.wait();
  return run;
}

}  // namespace a2a_backup
