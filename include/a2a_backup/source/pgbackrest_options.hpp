// SPDX-License-Identifier: MIT
/// How pgBackRest is asked.
#pragma once

#include <string>

namespace a2a_backup {

struct PgBackRestOptions {
  std::string stanza;  ///< empty: there is none, and nothing is asked
  std::string config;  ///< its configuration file; empty for its usual one
};

}  // namespace a2a_backup
