// SPDX-License-Identifier: MIT
#pragma once

namespace a2a_backup {

/// The whole program: parses, runs one command, prints any error, returns the exit code.
int run(int argc, char** argv);

}  // namespace a2a_backup
