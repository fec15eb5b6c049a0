// SPDX-License-Identifier: MIT
/// The start of another program.
#pragma once

#include <sys/types.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "a2a_backup/core/file.hpp"

namespace a2a_backup {

struct SpawnOptions {
  fs::path program;
  const std::vector<std::string>* command = nullptr;
  const std::map<std::string, std::optional<std::string>>* environment = nullptr;
  /// What it gets as 0, 1 and 2; -1 is /dev/null.
  int input = -1;
  int output = -1;
  int messages = -1;
  const std::vector<int>* inherited = nullptr;
  bool own_group = true;
};

/// Starts it with no signal blocked, and those that this program handles or ignores as they are by
/// default. Throws Error of kind `failed`.
pid_t spawn(const SpawnOptions& options);

}  // namespace a2a_backup
