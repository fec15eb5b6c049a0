// SPDX-License-Identifier: MIT
/// Another program at work for us: started, fed, listened to, and never left behind.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "a2a_backup/core/child_process.hpp"
#include "a2a_backup/core/file.hpp"
#include "a2a_backup/core/find_program.hpp"

namespace a2a_backup {

struct SubprocessOptions {
  /// The program, which find_program() finds, and its arguments, as main() gets them. No shell ever
  /// sees them.
  std::vector<std::string> command;
  /// The hint of the Error when the program is not there: how to get it.
  std::string hint_when_missing;

  int input = -1;                ///< its stdin; -1 is /dev/null
  std::unique_ptr<Reader> feed;  ///< instead: what is written to its stdin while it runs
  bool write_input = false;      ///< instead: Subprocess::send() and finish_input() do it
  int output = -1;               ///< its stdout; -1 is /dev/null
  bool read_output = false;      ///< instead: Subprocess::read() gives it
  /// What it says on stderr goes to our own, instead of into ProgramResult::messages.
  bool show_messages = false;
  std::vector<int> inherited;  ///< more descriptors above 2 that it gets, under the same numbers
  /// Variables to set, or with no value to remove; the others are ours.
  std::map<std::string, std::optional<std::string>> environment;

  std::optional<std::chrono::milliseconds> timeout;  ///< of the whole run
  std::chrono::milliseconds grace{3000};             ///< between SIGTERM and SIGKILL
  /// It may ask a person on the terminal: it stays in our process group, which alone may do that.
  /// When it must be stopped, programs that it started itself are then not.
  bool asks_on_terminal = false;
};

/// How a program ended.
struct ProgramResult {
  int exit_code = 0;     ///< 128 + signal when a signal ended it
  int signal = 0;        ///< which one, or 0
  std::string messages;  ///< the last 64 KiB of its stderr

  bool good() const { return exit_code == 0; }
  /// "exit code 3" or "signal 9 (Killed)".
  std::string ending() const;
  /// The last line of `messages` that is not blank, or the ending: why it failed, in one line.
  std::string reason() const;
};

/// A program that runs. Its signals are as a fresh program expects them, it gets no descriptor that
/// was not meant for it, and it is the leader of a process group of its own. Not for several
/// threads at once, but that one may write its input while another one reads its output. Reading
/// and waiting throw Error of kind `interrupted` or `terminated` when a signal came, of kind
/// `failed` when its time is over, and what `feed` throws; the program is then stopped, at the
/// latest by the destructor: SIGTERM to its group, SIGKILL after the grace or when its leader has
/// gone, reaped.
class Subprocess : public Reader {
 public:
  /// Starts it. Throws Error of kind `failed` when it is not there or cannot be started.
  explicit Subprocess(SubprocessOptions options);
  ~Subprocess() override;
  Subprocess(const Subprocess&) = delete;
  Subprocess& operator=(const Subprocess&) = delete;

  /// What it writes to stdout, with `read_output`. 0 at the end says nothing about its success.
  std::size_t read(std::span<std::byte> buffer) override;

  /// With `write_input`: hands it `text`, which waits while the pipe is full. False when it takes
  /// no input any more; wait() tells why.
  bool send(std::string_view text);
  /// The same for who has no other thread to read meanwhile: takes what it says on stderr, so that
  /// this never keeps it from reading, and throws as reading does.
  bool send_and_listen(std::string_view text);
  /// With `write_input`: the end of its stdin.
  void finish_input() { input_.reset(); }

  /// The program is told by SIGPIPE that nobody listens any more.
  void close_output() { output_.reset(); }

  /// Waits for its end, and goes on feeding meanwhile. Output that was not read is lost: the
  /// program is told so by SIGPIPE. A program that ends without having read all of its input is not
  /// an error here. Descendants of a program that ended by itself are left alone.
  const ProgramResult& wait();

 private:
  using Clock = std::chrono::steady_clock;

  bool turn(std::chrono::milliseconds patience);
  void feed_some();
  std::size_t write_some(std::span<const std::byte> data);
  void collect_messages();
  void check_time();
  void stop() noexcept;

  std::string name_;
  std::unique_ptr<Reader> feed_;
  std::optional<std::chrono::milliseconds> timeout_;
  std::chrono::milliseconds grace_;
  Clock::time_point started_;
  UniqueFd input_;
  UniqueFd output_;
  UniqueFd messages_;
  std::vector<std::byte> pending_;  ///< what of `feed` is still to be written
  std::size_t pending_from_ = 0;
  ChildProcess child_;
  ProgramResult result_;
};

/// The read end of a pipe that holds `text` (at most 4096 bytes): a file that is in memory only,
/// which a program gets as one of `inherited` and finds as /dev/fd/N.
UniqueFd pipe_holding(std::string_view text);

/// A program's end and its output.
struct ProgramRun {
  ProgramResult result;
  std::string output;
};

/// Runs it to its end and keeps its output, which must not exceed `limit` bytes (else Error of kind
/// `failed`).
ProgramRun run_program(SubprocessOptions options, std::uint64_t limit = std::uint64_t{1} << 20);

}  // namespace a2a_backup
