// SPDX-License-Identifier: MIT
/// The backups of a store: what there is, and which one somebody means.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "a2a_backup/backup/backup_file.hpp"
#include "a2a_backup/core/progress.hpp"
#include "a2a_backup/core/staging_dir.hpp"
#include "a2a_backup/store/store.hpp"

namespace a2a_backup {

enum class BackupState : std::uint8_t {
  good,       ///< its directory and metadata are sound (its data is read by `verify` only)
  legacy,     ///< the same, of version 1: without digests
  encrypted,  ///< begins as an encrypted one, which says nothing more without a key
  artifact,   ///< a zip around backups, as GitHub hands out artifacts
  broken,     ///< not readable as a backup
};
std::string_view state_name(BackupState state);

struct BackupInfo {
  std::string name;
  std::uint64_t size = 0;
  bool link = false;  ///< a symbolic link
  TimePoint time{};   ///< from the metadata, else (if encrypted, too) from the name, else 1970
  BackupState state = BackupState::broken;
  std::string problem;               ///< why it is broken
  std::vector<std::string> wrapped;  ///< what an artifact holds
  std::optional<Metadata> metadata;

  /// Whether it is worth opening; one that is encrypted may be.
  bool usable() const {
    return state == BackupState::good || state == BackupState::legacy ||
           state == BackupState::encrypted;
  }
};

/// The order of every list: by time, then by name, in which "_10" comes after "_9".
bool is_newer(const BackupInfo& a, const BackupInfo& b);

/// Every archive in the store, plain or encrypted, newest first. Reads the tail of each, never the
/// whole.
std::vector<BackupInfo> list_backups(const Store& store);

/// A backup that was chosen, and opened.
struct SelectedBackup {
  std::string name;
  std::unique_ptr<BackupFile> file;     ///< of the plain archive
  std::unique_ptr<StagingDir> scratch;  ///< where it was unwrapped from an artifact
  std::uint64_t stored_size = 0;        ///< of the archive as it is stored
  bool encrypted = false;
};

/// An encrypted backup that no identity opens, and what is known of it all the same. Its kind is
/// `key`.
class SealedBackup : public Error {
 public:
  SealedBackup(const Error& error, const std::string& name, std::uint64_t size);

  const std::string& name() const { return name_; }
  std::uint64_t size() const { return size_; }  ///< of the file
  TimePoint time() const { return time_; }      ///< from the name, else 1970

 private:
  std::string name_;
  std::uint64_t size_;
  TimePoint time_;
};

struct SelectOptions {
  std::string selector = "latest";
  std::optional<std::string> pick;  ///< which backup of an artifact that holds several
  fs::path scratch_parent;  ///< where what is fetched or unwrapped goes, or encrypted is opened
  unsigned jobs = 1;
  std::vector<std::string> identities = {};  ///< files with secret keys
  Progress& progress = no_progress();
  /// It is going to be read to its end: one that is not on this machine is fetched first.
  bool whole = false;
  /// The selector is the name of a file in the store, and can be nothing else.
  bool by_name = false;
};

/// Opens what `selector` means, the first of these that fits: `latest` or `latest~N` (the newest
/// usable backup, or the N-th before it), a local file, the name of a backup, a unique beginning of
/// one (with or without "a2a_backup_"), a UTC date or time (the newest usable backup not after it).
/// Throws Error of kind `not_found` for nothing or more than one, of kind `usage` when an artifact
/// holds several and none or a wrong one is picked, of kind `archive` when it is damaged, a
/// SealedBackup when it is encrypted and no identity opens it (see decrypt()).
///
/// What is encrypted is decrypted into a file without a name, and so is fetched what is not on this
/// machine: if it is `whole`, or else only when its directory and metadata say too little.
SelectedBackup select_backup(const Store& store, const SelectOptions& options);

/// The name of the backup in `store` that `selector` means, as above but for local files.
std::string find_backup(const Store& store, const std::string& selector);

}  // namespace a2a_backup
