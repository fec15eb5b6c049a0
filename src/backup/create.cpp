// SPDX-License-Identifier: MIT
#include "a2a_backup/backup/create.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>

#include "a2a_backup/archive/entry_name.hpp"
#include "a2a_backup/archive/zip_writer.hpp"
#include "a2a_backup/backup/backup_file.hpp"
#include "a2a_backup/backup/restore_journal.hpp"
#include "a2a_backup/core/file_lock.hpp"
#include "a2a_backup/core/space_needs.hpp"
#include "a2a_backup/core/staging_dir.hpp"
#include "a2a_backup/core/text.hpp"
#include "a2a_backup/core/version.hpp"
#include "a2a_backup/source/json_source.hpp"
#include "a2a_backup/source/sqlite_source.hpp"
#include "a2a_backup/store/local_store.hpp"

namespace a2a_backup {
namespace {

using Sources = std::vector<std::unique_ptr<Source>>;

struct Plan {
  Sources sources;
  std::vector<std::string> warnings;
};

std::string host_name() {
  std::array<char, 256> name{};
  if (gethostname(name.data(), name.size() - 1) != 0) return {};
  return name.data();
}

bool required(const CreateOptions& options, std::string_view name) {
  return std::find(options.require.begin(), options.require.end(), name) != options.require.end();
}

void require_json(const CreateOptions& options, const JsonSource& source) {
  const fs::path folder = options.root / "shared";
  if (!fs::is_directory(folder)) {
    throw Error(ErrorKind::source, "there is no folder " + folder.string(),
                "name the a2a-system's folder with -C DIR");
  }
  const auto found = source.find();
  for (const std::string& name : options.require) {
    if (name == "database" || found.contains(name)) continue;
    throw Error(ErrorKind::source, (options.root / name).string() + " is missing",
                "put it back, or do not --require it");
  }
  const std::string tasks = "shared/tasks.json";
  if (found.contains(tasks) || matches_any(options.exclude, tasks)) return;
  throw Error(ErrorKind::source, (options.root / tasks).string() + " is missing",
              "put it back with 'a2a-backup restore latest --only " + tasks +
                  "', or leave it out with --exclude " + tasks);
}

void add_database(const CreateOptions& options, Plan& plan) {
  const auto location = locate_database(options.root, options.database);
  if (!location) return;
  if (location->exists) {
    plan.sources.push_back(std::make_unique<SqliteSource>(*location, options.lock_timeout));
    return;
  }
  const std::string path = location->path.string();
  if (location->named) {
    throw Error(ErrorKind::source,
                "the database " + path + ", named by " + location->chosen_by + ", is missing",
                "correct " + location->chosen_by + ", or back up without it: --database none");
  }
  if (required(options, "database")) {
    throw Error(ErrorKind::source, "there is no database at " + path,
                "name it with --database PATH or A2A_DATABASE_URL");
  }
  plan.warnings.push_back("there is no database at " + path +
                          ", this backup holds the JSON files only; name the database with "
                          "--database PATH, or say --database none");
}

Plan make_plan(const CreateOptions& options) {
  Plan plan;
  auto json = std::make_unique<JsonSource>(options.root, JsonSourceOptions{options.exclude});
  require_json(options, *json);
  plan.sources.push_back(std::move(json));
  add_database(options, plan);
  return plan;
}

/// The copy takes as much as the live data; the archive, measured on real task data, a third of
/// that and seldom more than half.
void check_space(const Sources& sources, const fs::path& staging_parent,
                 const fs::path& archive_parent) {
  std::uint64_t copy = 0;
  for (const auto& source : sources) copy += source->staging_size();
  SpaceNeeds needs;
  needs.add(staging_parent, copy);
  needs.add(archive_parent, copy / 2);
  needs.require("for a copy of the live data and the archive",
                "free some space, or name another disk with --tmp-dir or --backup-dir");
}

Metadata begin_metadata(const CreateOptions& options, const Plan& plan) {
  Metadata metadata;
  metadata.capture_started = now();
  metadata.tool = "a2a-backup " + std::string(version());
  metadata.host = host_name();
  metadata.tags = options.tags;
  metadata.warnings = plan.warnings;
  metadata.capture_attempts = 1;
  return metadata;
}

void capture_all(const Sources& sources, const fs::path& staging, Progress& progress,
                 Metadata& metadata) {
  std::uint64_t total = 0;
  for (const auto& source : sources) total += source->staging_size();
  progress.phase("snapshot", total);
  for (const auto& source : sources) source->capture(staging, progress);
  metadata.capture_finished = now();
  metadata.timestamp = metadata.capture_finished;
  for (const auto& source : sources) source->annotate(metadata);
}

/// Entries in the order of the archive: the JSON files by name, then the database.
void write_archive(const fs::path& path, const Sources& sources, const CreateOptions& options,
                   Metadata& metadata, Progress& progress) {
  const DeflateOptions deflate{.level = options.level, .jobs = options.jobs};
  std::vector<ZipInput> inputs;
  std::uint64_t total = 0;
  for (const auto& source : sources) {
    for (const SourceEntry& entry : source->entries()) {
      metadata.files.push_back(entry.name);
      metadata.entries.push_back(
          {entry.name, entry.source, entry.size, entry.mtime, "", deflate.chunk_size, {}});
      inputs.push_back(
          {entry.name, entry.size, entry.mtime, [&source = *source, &entry, &progress] {
             return std::make_unique<ObservedReader>(source.open(entry), progress);
           }});
      total += entry.size;
    }
  }
  progress.phase("compress", total);
  const auto make_metadata = [&metadata](const std::vector<EntryFacts>& facts) {
    for (std::size_t i = 0; i < facts.size(); ++i) {
      metadata.entries[i].size = facts[i].size;
      metadata.entries[i].sha256 = facts[i].sha256;
      metadata.entries[i].chunks = facts[i].chunks;
    }
    return format_metadata(metadata);
  };
  write_zip(path, inputs, std::string(metadata_entry), metadata.timestamp, make_metadata, deflate);
}

/// Reads the whole archive back and compares it with what was captured.
void read_back(const fs::path& path, const Metadata& metadata, unsigned jobs, Progress& progress) {
  BackupFile backup(open_random_access(path), jobs);
  std::uint64_t total = 0;
  for (const ZipEntry& entry : backup.entries()) total += entry.size;
  progress.phase("prove", total);
  bool same = backup.entries().size() == metadata.entries.size();
  for (const ZipEntry& entry : backup.entries()) {
    const FileDigest digest = backup.check(entry, progress);
    const EntryRecord* captured = metadata.find(entry.name);
    same = same && captured != nullptr && captured->sha256 == digest.sha256 &&
           captured->size == digest.size;
  }
  if (!same) throw Error(ErrorKind::failed, "the archive read back is not the data captured");
}

/// An archive of our own making that does not hold is this machine's trouble, not an old backup's.
void prove_archive(const fs::path& path, const Metadata& metadata, unsigned jobs,
                   Progress& progress) {
  try {
    read_back(path, metadata, jobs, progress);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::archive) throw;
    throw Error(ErrorKind::failed, "the archive does not read back: " + error.message(),
                "try again, or another disk with --backup-dir; this disk or memory may be failing");
  }
}

fs::path publish(const fs::path& archive, const CreateOptions& options, const Metadata& metadata) {
  if (options.output) {
    const fs::path target = fs::absolute(*options.output);
    LocalStore store(target.parent_path());
    if (store.put(archive, target.filename())) return *options.output;
    throw Error(ErrorKind::failed, target.string() + " exists, and is never overwritten",
                "choose another name for --output");
  }
  LocalStore store(options.backup_dir);
  const std::string stem = std::string(backup_prefix) + format_compact(metadata.timestamp);
  for (int suffix = 1;; ++suffix) {
    const std::string name = stem + (suffix == 1 ? "" : "_" + std::to_string(suffix)) + ".zip";
    if (store.put(archive, name)) return options.backup_dir / name;
  }
}

CreateResult dry_run(const Plan& plan, const CreateOptions& options) {
  CreateResult result;
  result.metadata = begin_metadata(options, plan);
  for (const auto& source : plan.sources) {
    result.metadata.files.push_back(source->describe());
    result.size += source->staging_size();
  }
  return result;
}

/// Creates the backup folder when it is missing, and takes it away again when nothing came into it.
class BackupFolder {
 public:
  explicit BackupFolder(const fs::path& path) : path_(path), existed_(fs::exists(path)) {
    LocalStore(path).prepare();
  }
  ~BackupFolder() {
    if (!existed_) rmdir(path_.c_str());
  }
  BackupFolder(const BackupFolder&) = delete;
  BackupFolder& operator=(const BackupFolder&) = delete;

 private:
  fs::path path_;
  bool existed_;
};

/// Keeps a restore out of the root, and other runs out of the backup folder.
class Locks {
 public:
  /// A lock on one folder conflicts with another one on it even within a run, so where backups live
  /// in the root itself, one has to do. A run that publishes elsewhere needs no backup folder.
  explicit Locks(const CreateOptions& options) {
    const bool publishes = !options.output && !options.deliver && !options.dry_run;
    if (publishes) folder_.emplace(options.backup_dir);
    const bool one = publishes && fs::equivalent(options.root, options.backup_dir);
    root_.emplace(options.root, one ? FileLock::Mode::exclusive : FileLock::Mode::shared,
                  options.lock_timeout);
    if (publishes && !one) {
      backups_.emplace(options.backup_dir, FileLock::Mode::exclusive, options.lock_timeout);
    }
  }

 private:
  std::optional<BackupFolder> folder_;
  std::optional<FileLock> root_;
  std::optional<FileLock> backups_;
};

/// Where the archive is written: beside its final name, so that publishing is one link; one that is
/// handed on needs no place of its own.
fs::path archive_parent(const CreateOptions& options) {
  if (options.output) return fs::absolute(*options.output).parent_path();
  if (options.deliver) return options.tmp_dir.value_or(fs::temp_directory_path());
  return options.backup_dir;
}

}  // namespace

CreateResult create_backup(const CreateOptions& options, Progress& progress) {
  if (!fs::is_directory(options.root)) {
    throw Error(ErrorKind::source, "there is no folder " + options.root.string(),
                "name the a2a-system's folder with -C DIR");
  }
  const Locks locks(options);
  refuse_while_pending(options.root);
  Plan plan = make_plan(options);
  if (options.dry_run) return dry_run(plan, options);

  const fs::path parent = archive_parent(options);
  const fs::path staging_parent = options.tmp_dir.value_or(parent);
  StagingDir::remove_stale(parent);
  StagingDir::remove_stale(staging_parent);
  check_space(plan.sources, staging_parent, parent);

  const StagingDir staging(staging_parent);
  const StagingDir beside(parent);
  const fs::path archive = beside.path() / "archive.zip";
  CreateResult result;
  result.metadata = begin_metadata(options, plan);
  capture_all(plan.sources, staging.path(), progress, result.metadata);
  write_archive(archive, plan.sources, options, result.metadata, progress);
  prove_archive(archive, result.metadata, options.jobs, progress);
  const FileDigest digest = digest_file(archive);
  result.size = digest.size;
  result.sha256 = digest.sha256;
  if (options.deliver) {
    options.deliver(archive);
  } else {
    result.path = publish(archive, options, result.metadata);
  }
  return result;
}

}  // namespace a2a_backup
