// SPDX-License-Identifier: MIT
/// What a restore would do, worked out before anything is done.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "a2a_backup/backup/task_difference.hpp"
#include "a2a_backup/core/file.hpp"
#include "a2a_backup/source/sqlite_file.hpp"
#include "a2a_backup/source/task_json.hpp"

namespace a2a_backup {

enum class PlannedAction : std::uint8_t { create, overwrite, unchanged, remove };
std::string_view action_name(PlannedAction action);

/// So many of the tasks that would be lost are named.
constexpr std::size_t lost_example_limit = 5;

/// What is known of one live file and of what would take its place. A side without a digest is
/// absent; the details are there as far as they could be read.
struct PlanFacts {
  std::string entry;
  fs::path live;
  std::optional<FileDigest> live_digest;
  std::optional<FileDigest> fresh_digest;
  std::optional<JsonSummary> live_json;
  std::optional<JsonSummary> fresh_json;
  std::optional<DatabaseDifference> database;

  /// Whether the live file is the JSON that would take its place; then it has not to be read.
  bool same_json() const;
};

struct PlannedFile {
  std::string entry;
  fs::path live;
  PlannedAction action = PlannedAction::create;
  std::uint64_t live_size = 0;
  std::uint64_t fresh_size = 0;
  bool live_unreadable = false;                    ///< it is there, and broken
  std::uint64_t lost_tasks = 0;                    ///< tasks that only the live file has
  std::uint64_t reset_tasks = 0;                   ///< tasks that get another status
  std::vector<std::uint64_t> lost_keys;            ///< of the first of them, see TaskMark
  std::vector<TaskLine> lost_examples;             ///< the first of them, when somebody looks
  std::map<std::string, std::uint64_t> lost_rows;  ///< rows per table that only the live one has
};

/// A pure function of the facts, and of what of their marks is on the disk: Error of kind `failed`
/// when that cannot be read.
PlannedFile plan_file(const PlanFacts& facts);

struct RestorePlan {
  std::string what;
  std::vector<PlannedFile> files;
  std::vector<std::string> kept;      ///< live files and tables that the backup does not have
  std::vector<std::string> warnings;  ///< such as a version 1 archive without digests

  bool changes_anything() const;
};

}  // namespace a2a_backup
