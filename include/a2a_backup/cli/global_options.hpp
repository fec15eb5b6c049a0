// SPDX-License-Identifier: MIT
/// The options that every command shares.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "a2a_backup/core/file.hpp"
#include "a2a_backup/source/pgbackrest_options.hpp"
#include "a2a_backup/store/s3_settings.hpp"

namespace CLI {
class App;
}

namespace a2a_backup {

struct GlobalOptions {
  std::string root = ".";
  std::string backup_dir;
  std::string config;
  std::string color = "auto";
  std::string tmp_dir;
  bool json = false;
  bool quiet = false;
  bool verbose = false;
  bool no_progress = false;
  bool yes = false;
  unsigned jobs = 0;
  double lock_timeout_seconds = 10;
  S3Options s3;
  PgBackRestOptions pgbackrest;

  /// --root as an absolute path.
  fs::path root_folder() const;
  /// Empty when backups do not live in a folder.
  fs::path backup_folder() const;
  /// The folder, or the URL.
  std::string backup_place() const;
  unsigned job_count() const;
  std::chrono::milliseconds lock_timeout() const;
  /// A folder for scratch copies: --tmp-dir, else the backup folder, else the system's.
  fs::path scratch_parent() const;
  std::optional<fs::path> tmp_folder() const;
};

void add_global_options(CLI::App& app, GlobalOptions& options);

}  // namespace a2a_backup
