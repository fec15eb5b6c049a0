// SPDX-License-Identifier: MIT
/// The options that say which backups are kept, the same ones for `create` and `prune`.
#pragma once

#include <string>
#include <vector>

#include "a2a_backup/backup/prune.hpp"
#include "a2a_backup/backup/retention.hpp"

namespace CLI {
class App;
}

namespace a2a_backup {

struct RetentionFlags {
  std::string last;
  std::string hourly;
  std::string daily;
  std::string weekly;
  std::string monthly;
  std::string yearly;
  std::string within;
  std::vector<std::string> tags;

  bool any() const;
  /// Throws Error of kind `usage` for a value that is none, and when the values come to no rule.
  RetentionPolicy policy() const;
};

void add_retention_options(CLI::App& command, RetentionFlags& flags);

/// Says what the store keeps although no rule does, if it is so.
void warn_of_denial(const PruneResult& result);

}  // namespace a2a_backup
