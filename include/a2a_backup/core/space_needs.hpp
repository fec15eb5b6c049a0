// SPDX-License-Identifier: MIT
/// Is there room for what is about to be written?
#pragma once

#include <map>
#include <string>

#include "a2a_backup/core/file.hpp"

namespace a2a_backup {

/// Adds up bytes per file system, so that two needs on one disk are not each measured against all
/// of its free space.
class SpaceNeeds {
 public:
  /// `bytes` more are going to be written below the existing folder `folder`.
  void add(const fs::path& folder, std::uint64_t bytes);

  /// Throws Error of kind `failed` with both numbers when a file system has less than it needs.
  /// `purpose` ends the sentence "not enough space in /folder ...".
  void require(const std::string& purpose, const std::string& hint) const;

 private:
  struct Need {
    fs::path folder;
    std::uint64_t bytes = 0;
  };
  std::map<dev_t, Need> needs_;
};

}  // namespace a2a_backup
