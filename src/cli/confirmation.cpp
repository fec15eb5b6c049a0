// SPDX-License-Identifier: MIT
#include "a2a_backup/cli/confirmation.hpp"

#include <unistd.h>

#include <iostream>

#include "a2a_backup/cli/output.hpp"
#include "a2a_backup/core/interrupt.hpp"

namespace a2a_backup {

void confirm(const GlobalOptions& options, const std::string& deed, const std::string& question) {
  finish_output();
  if (options.yes) return;
  if (isatty(STDIN_FILENO) != 1 || isatty(STDERR_FILENO) != 1) {
    throw Error(ErrorKind::refused, "this would " + deed + ", and there is nobody to ask",
                "look at the plan with --dry-run, then say --yes");
  }
  std::cerr << question << " [y/N] " << std::flush;
  std::string answer;
  std::getline(std::cin, answer);
  check_interrupt();
  if (answer == "y" || answer == "Y" || answer == "yes") return;
  throw Error(ErrorKind::refused, "not confirmed, nothing was changed");
}

}  // namespace a2a_backup
