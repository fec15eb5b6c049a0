// SPDX-License-Identifier: MIT
#include "a2a_backup/core/child_process.hpp"

#include <poll.h>
#include <sys/wait.h>

#include <cerrno>
#include <csignal>

#include "spawn.hpp"

namespace a2a_backup {

void ChildProcess::start(const SpawnOptions& options) {
  own_group_ = options.own_group;
  pid_ = spawn(options);
}

bool ChildProcess::has_exited() const {
  if (pid_ < 0) return true;
  siginfo_t info{};
  const int result = waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT);
  return (result == 0 && info.si_pid == pid_) || (result < 0 && errno == ECHILD);
}

const ProcessEnd& ChildProcess::reap() {
  if (pid_ < 0) return end_;
  int status = 0;
  pid_t got = -1;
  do {
    got = waitpid(pid_, &status, 0);
  } while (got < 0 && errno == EINTR);
  pid_ = -1;
  if (got < 0) {  // somebody above us has chosen not to hear of children
    end_.exit_code = 1;
  } else if (WIFSIGNALED(status)) {
    end_.signal = WTERMSIG(status);
    end_.exit_code = 128 + end_.signal;
  } else {
    end_.exit_code = WEXITSTATUS(status);
  }
  return end_;
}

void ChildProcess::signal_all(int number) const {
  kill(own_group_ ? -pid_ : pid_, number);
}

void ChildProcess::stop(std::chrono::milliseconds grace) noexcept {
  if (pid_ < 0) return;
  if (!has_exited()) {
    signal_all(SIGTERM);
    signal_all(SIGCONT);  // one that is stopped would not hear it
  }
  const auto deadline = std::chrono::steady_clock::now() + grace;
  while (!has_exited() && std::chrono::steady_clock::now() < deadline) poll(nullptr, 0, 5);
  signal_all(SIGKILL);
  reap();
}

}  // namespace a2a_backup
