// SPDX-License-Identifier: MIT
/// The first half of a backup: what there is to take, and a consistent copy of it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "a2a_backup/backup/create.hpp"
#include "a2a_backup/source/source.hpp"

namespace a2a_backup {

using Sources = std::vector<std::unique_ptr<Source>>;

struct CapturePlan {
  Sources sources;
  std::shared_ptr<ServiceClient> service;  ///< that the source asks, if it is one
  std::vector<std::string> warnings;
};

/// Finds every source. Throws Error of kind `source` when one that must be there is missing.
CapturePlan plan_capture(const CreateOptions& options);

/// Throws Error of kind `failed` when there is no room for the copy and the archive, and with
/// `encrypted` for the plain archive beside the copy.
void check_space(const Sources& sources, const fs::path& staging_parent,
                 const fs::path& archive_parent, bool encrypted);

/// What is known before the first byte is read.
Metadata begin_metadata(const CreateOptions& options, const CapturePlan& plan);

/// As given, but those first that may be captured early.
std::vector<Source*> in_order_of_capture(const Sources& sources);

/// Fixes the state of all live data, with the help of the private folder `staging`.
void capture_all(const Sources& sources, const fs::path& staging, Progress& progress,
                 Metadata& metadata);

}  // namespace a2a_backup
