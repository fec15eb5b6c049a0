// SPDX-License-Identifier: MIT
/// The life of a program that we started: does it still run, how did it end, make it end.
#pragma once

#include <sys/types.h>

#include <chrono>

namespace a2a_backup {

struct SpawnOptions;

struct ProcessEnd {
  int exit_code = 0;  ///< 128 + signal when a signal ended it
  int signal = 0;     ///< which one, or 0
};

/// Its number is ours from start() to reap(). Whoever owns it must stop() or reap() it.
class ChildProcess {
 public:
  ChildProcess() = default;
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  /// Once. Throws Error of kind `failed`.
  void start(const SpawnOptions& options);

  /// Whether it has ended. It stays a zombie until reap(), so that its number and its group's
  /// cannot be another's.
  bool has_exited() const;

  /// Waits for its end, however long that takes; when it has been reaped, says again how it ended.
  const ProcessEnd& reap();

  /// SIGTERM to it, and to its group where it has one of its own; SIGKILL after the grace or when
  /// it has gone itself; reaped. Nothing when it has been reaped.
  void stop(std::chrono::milliseconds grace) noexcept;

 private:
  void signal_all(int number) const;

  pid_t pid_ = -1;  ///< -1 when it has not been started, and when it has been reaped
  bool own_group_ = true;
  ProcessEnd end_;
};

}  // namespace a2a_backup
