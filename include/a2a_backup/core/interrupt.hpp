// SPDX-License-Identifier: MIT
/// Ctrl-C and SIGTERM as an Error that unwinds and cleans up.
#pragma once

namespace a2a_backup {

class Error;

/// From now on the first SIGINT or SIGTERM is remembered, the second one ends the process at once.
void install_interrupt_handlers();

/// Throws Error of kind `interrupted` or `terminated` when a signal came. Long loops call this.
void check_interrupt();

/// Whether check_interrupt() threw it: it goes on up, whatever else is forgiven.
bool is_signal(const Error& error);

/// Whether a signal came, shielded or not: for a server, which ends its work in good order.
bool interrupt_requested();

/// While one lives, check_interrupt() does not throw: for the seconds in which stopping half-way
/// would be worse than finishing.
class InterruptShield {
 public:
  InterruptShield();
  ~InterruptShield();
  InterruptShield(const InterruptShield&) = delete;
  InterruptShield& operator=(const InterruptShield&) = delete;
};

}  // namespace a2a_backup
