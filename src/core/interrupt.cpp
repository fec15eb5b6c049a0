// SPDX-License-Identifier: MIT
#include "a2a_backup/core/interrupt.hpp"

#include <unistd.h>

#include <atomic>
#include <csignal>

#include "a2a_backup/core/error.hpp"

namespace a2a_backup {
namespace {

std::atomic<int> pending_signal{0};
std::atomic<int> shields{0};
static_assert(std::atomic<int>::is_always_lock_free);

extern "C" void on_signal(int number) {
  if (pending_signal.exchange(number) != 0) _exit(128 + number);
}

}  // namespace

void install_interrupt_handlers() {
  struct sigaction action {};
  action.sa_handler = on_signal;
  sigemptyset(&action.sa_mask);
  // No SA_RESTART: a wait at a prompt or for a lock ends at once.
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  // A reader of our stdout that goes away is an error of write(), not a silent death.
  std::signal(SIGPIPE, SIG_IGN);  // NOLINT(cert-err33-c)
}

void check_interrupt() {
  const int number = pending_signal.load(std::memory_order_relaxed);
  if (number == 0 || shields.load(std::memory_order_relaxed) > 0) return;
  if (number == SIGTERM) throw Error(ErrorKind::terminated, "terminated");
  throw Error(ErrorKind::interrupted, "interrupted");
}

bool is_signal(const Error& error) {
  return error.kind() == ErrorKind::interrupted || error.kind() == ErrorKind::terminated;
}

bool interrupt_requested() {
  return pending_signal.load(std::memory_order_relaxed) != 0;
}

InterruptShield::InterruptShield() {
  ++shields;
}
InterruptShield::~InterruptShield() {
  --shields;
}

}  // namespace a2a_backup
