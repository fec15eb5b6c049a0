// SPDX-License-Identifier: MIT
/// Takes one backup.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "a2a_backup/archive/deflate_pipeline.hpp"
#include "a2a_backup/archive/metadata.hpp"
#include "a2a_backup/backup/prune.hpp"
#include "a2a_backup/core/file.hpp"
#include "a2a_backup/core/progress.hpp"
#include "a2a_backup/source/http_source.hpp"
#include "a2a_backup/store/store.hpp"

namespace a2a_backup {

struct CreateOptions {
  fs::path root;
  fs::path backup_dir;
  std::optional<fs::path> tmp_dir;      ///< where live data is copied to; default: backup_dir
  std::optional<std::string> database;  ///< path, URL or "none"
  std::vector<std::string> require;     ///< entry names that must be there, or "database"
  std::vector<std::string> exclude;     ///< globs over entry names
  std::optional<ServiceOptions> from;   ///< a running service instead of the files in `root`
  /// The largest part, in percent, that may be gone since the newest good backup in `backup_dir`.
  unsigned max_shrink = 50;
  bool if_changed = false;  ///< publish nothing when the latest backup holds all this already
  std::optional<fs::path> output;  ///< a new file instead of a name in backup_dir
  /// Instead of publishing: called with the proven archive, which disappears after.
  std::function<void(const fs::path& archive)> deliver;
  std::map<std::string, std::string> tags;
  std::vector<std::string> encrypt_to;  ///< recipients, see Encryption; none: a plain archive
  int level = default_deflate_level;    ///< 0 (stored) to 9
  unsigned jobs = 1;
  std::chrono::milliseconds lock_timeout{10'000};
  bool dry_run = false;
  /// What to keep in backup_dir, after this backup has come into it.
  std::optional<RetentionPolicy> retention;
  /// Where backups live when that is no folder: then backup_dir is empty, the archive is written in
  /// tmp_dir or the system's folder for such, and there is no lock against other runs.
  std::shared_ptr<Store> store = nullptr;

  /// `store`, or that of backup_dir.
  std::shared_ptr<Store> backups() const;
};

struct CreateResult {
  fs::path path;  ///< of the published archive, or its URL; empty when delivered or a dry run
  std::uint64_t size = 0;
  std::string sha256;  ///< of the archive, as it is stored
  /// With if_changed: nothing was published. All here is about the latest backup, which holds what
  /// there is; its SHA-256 is empty when it is not on this machine.
  bool unchanged = false;
  /// Bytes of the data whose compressed form was taken over from the newest good backup.
  std::uint64_t taken_over = 0;
  bool encrypted = false;
  bool encryption_proven = false;  ///< it was decrypted again, to the same bytes
  Metadata metadata;
  /// Where there was a policy, and the backup came into backup_dir. A problem in it has not touched
  /// this backup, nor any that the policy keeps.
  std::optional<PruneResult> pruned;
  std::string received_from;  ///< the service that made this very archive, when one did
};

/// Captures every source, writes the archive beside its final name, proves it by reading it back,
/// and only then publishes it, durably. Whatever is thrown, nothing is left behind and no earlier
/// backup is touched. To be encrypted, the plain archive is written to a file without a name.
/// A service that makes backups itself is asked for one, which is proven as verify_backup() does.
/// Error kinds: `source` for missing, invalid or unreadable data, `busy` for a locked database or
/// another run, `failed` for a full disk, `pending` while an interrupted restore waits, `refused`
/// when far less is there than in the newest good backup, `key` when a service does not take the
/// key, `archive` when what it sends is damaged.
CreateResult create_backup(const CreateOptions& options, Progress& progress);

}  // namespace a2a_backup
