// SPDX-License-Identifier: MIT
#include "a2a_backup/backup/create.hpp"

#include "a2a_backup/archive/encryption.hpp"
#include "a2a_backup/archive/entry_name.hpp"
#include "a2a_backup/backup/restore_journal.hpp"
#include "a2a_backup/core/log.hpp"
#include "a2a_backup/core/side_work.hpp"
#include "a2a_backup/core/staging_dir.hpp"
#include "a2a_backup/core/text.hpp"
#include "a2a_backup/core/unnamed_file.hpp"
#include "a2a_backup/store/local_store.hpp"
#include "archive_build.hpp"
#include "create_locks.hpp"
#include "received_backup.hpp"
#include "shrink_gate.hpp"
#include "unchanged.hpp"

namespace a2a_backup {
namespace {

constexpr std::string_view unproven =
    "the encrypted archive was not decrypted again to prove it: age does not mix these recipients "
    "with a key made for that";

fs::path publish(const fs::path& archive, const CreateOptions& options, const Metadata& metadata) {
  if (options.output) {
    const fs::path target = fs::absolute(*options.output);
    LocalStore store(target.parent_path());
    if (store.put(archive, target.filename())) return *options.output;
    throw Error(ErrorKind::failed, target.string() + " exists, and is never overwritten",
                "choose another name for --output");
  }
  const std::shared_ptr<Store> store = options.backups();
  const std::string stem = std::string(backup_prefix) + format_compact(metadata.timestamp);
  for (int suffix = 1;; ++suffix) {
    const std::string name =
        stem + (suffix == 1 ? "" : "_" + std::to_string(suffix)) +
        std::string(options.encrypt_to.empty() ? archive_suffix : encrypted_suffix);
    if (store->put(archive, name)) return fs::path(store->location()) / name;
  }
}

CreateResult dry_run(const CapturePlan& plan, const CreateOptions& options) {
  CreateResult result;
  result.metadata = begin_metadata(options, plan);
  for (const auto& source : plan.sources) {
    result.metadata.files.push_back(source->describe());
    result.size += source->content_size();
  }
  return result;
}

/// Whatever goes wrong here, the new backup is there, and its run must say so.
PruneResult prune_after(const CreateOptions& options) {
  PruneResult result;
  try {
    const std::shared_ptr<Store> store = options.backups();
    result = remove_backups(*store, plan_prune(*store, *options.retention));
  } catch (...) {
    result.problem = current_error();
  }
  return result;
}

/// Where the archive is written: beside its final name, so that publishing is one link; one that is
/// handed on needs no place of its own.
fs::path archive_parent(const CreateOptions& options) {
  if (options.output) return fs::absolute(*options.output).parent_path();
  if (options.deliver || options.store) return options.tmp_dir.value_or(fs::temp_directory_path());
  return options.backup_dir;
}

void require_root(const CreateOptions& options) {
  if (options.from || fs::is_directory(options.root)) return;
  throw Error(ErrorKind::source, "there is no folder " + options.root.string(),
              "name the a2a-system's folder with -C DIR");
}

/// What is to be done, and how.
struct Task {
  const CreateOptions& options;
  CapturePlan& plan;
  const Encryption* encryption;  ///< nullptr: none
  PreviousBackup& previous;
  std::vector<std::string> remarks;  ///< about this run rather than about the backup
};

/// Whether the latest backup, which is then the result, holds just `content`.
template <class Content>
bool is_there_already(Task& task, const Content& content, CreateResult& result,
                      Progress& progress) {
  auto found = find_unchanged({task.options, task.previous, progress, task.remarks}, content);
  if (!found) return false;
  result = std::move(*found);
  result.metadata.warnings = task.plan.warnings;
  return true;
}

/// Whether the service made the archive itself. What arrives is plain, so to be encrypted it stays
/// among the working copies.
bool receive_archive(Task& task, const fs::path& staging, const fs::path& archive,
                     CreateResult& result, Progress& progress) {
  task.plan.service->wake();
  const fs::path plain = task.encryption == nullptr ? archive : staging / "received.zip";
  auto received = receive_backup(*task.plan.service, task.options, plain, staging, progress);
  if (!received) return false;
  if (is_there_already(task, received->entries, result, progress)) return true;
  result.received_from = task.plan.service->name();
  result.metadata = std::move(*received);
  auto& warnings = result.metadata.warnings;
  warnings.insert(warnings.end(), task.plan.warnings.begin(), task.plan.warnings.end());
  check_shrink(task.options, result.metadata, task.previous);
  if (task.encryption != nullptr) {
    task.encryption->encrypt(*open_random_access(plain), archive, progress);
  }
  return true;
}

/// What was taken from the backup before, as it was compressed there.
void note_taken_over(const std::vector<EntryFacts>& entries, Task& task, CreateResult& result) {
  std::uint64_t size = 0;
  std::uint64_t bad = 0;
  for (const EntryFacts& entry : entries) {
    result.taken_over += entry.taken_over;
    size += entry.size;
    bad += entry.bad_before;
  }
  log::debug("compressed already in the backup before: " + format_bytes(result.taken_over) +
             " of " + format_bytes(size));
  if (bad == 0) return;
  const std::string& name = task.previous.newest_good()->name;
  task.remarks.push_back(name + " does not hold what it lists, so " + plural(bad, "chunk") +
                         " of it had to be compressed anew; see whether it is damaged: "
                         "a2a-backup verify " +
                         name);
}

/// Fills `archive`, proven, and all of `result` that is known of it.
void make_archive(Task& task, const fs::path& staging, const fs::path& archive,
                  CreateResult& result, Progress& progress) {
  CapturePlan& plan = task.plan;
  if (plan.service && receive_archive(task, staging, archive, result, progress)) return;
  result.metadata = begin_metadata(task.options, plan);
  capture_all(plan.sources, staging, progress, result.metadata);
  if (is_there_already(task, plan.sources, result, progress)) return;
  const UniqueFd plain = task.encryption != nullptr ? create_unnamed(staging) : create_new(archive);
  const WrittenArchive written = write_archive(plain.get(), archive, plan.sources, task.options,
                                               task.previous, result.metadata, progress);
  plan.sources.clear();  // lets go of the live data
  note_taken_over(written.entries, task, result);
  check_shrink(task.options, result.metadata, task.previous);
  const std::shared_ptr<const RandomAccess> file = random_access_to(plain.get(), archive);
  SideWork to_disk(task.options.jobs > 1);
  if (task.encryption == nullptr) to_disk.begin([&] { sync_fd(plain.get(), archive); });
  const FileDigest digest = prove_archive(file, written, progress);
  to_disk.finish();
  if (task.encryption != nullptr) {
    task.encryption->encrypt(*file, archive, progress);
  } else {
    result.sha256 = digest.sha256;
  }
}

/// The archive gets its name, or goes to whom it is for.
void hand_over(const fs::path& archive, const Task& task, CreateResult& result) {
  result.encrypted = task.encryption != nullptr;
  result.encryption_proven = result.encrypted && task.encryption->can_prove();
  result.size = fs::file_size(archive);
  if (result.sha256.empty()) result.sha256 = digest_file(archive).sha256;
  if (task.options.deliver) return task.options.deliver(archive);
  result.path = publish(archive, task.options, result.metadata);
}

}  // namespace

std::shared_ptr<Store> CreateOptions::backups() const {
  return store ? store : std::make_shared<LocalStore>(backup_dir);
}

CreateResult create_backup(const CreateOptions& options, Progress& progress) {
  require_root(options);
  std::optional<Encryption> encryption;
  if (!options.encrypt_to.empty()) encryption.emplace(options.encrypt_to);
  const CreateLocks locks(options);
  if (!options.from) refuse_while_pending(options.root);
  CapturePlan plan = plan_capture(options);
  if (encryption && !encryption->can_prove()) plan.warnings.emplace_back(unproven);
  if (options.dry_run) return dry_run(plan, options);

  const fs::path parent = archive_parent(options);
  const fs::path staging_parent = options.tmp_dir.value_or(parent);
  StagingDir::remove_stale(parent);
  StagingDir::remove_stale(staging_parent);
  check_space(plan.sources, staging_parent, parent, encryption.has_value());

  const StagingDir staging(staging_parent);
  const StagingDir beside(parent);
  const fs::path archive = beside.path() / (encryption ? "archive.zip.age" : "archive.zip");
  PreviousBackup previous(options.backups());
  Task task{options, plan, encryption ? &*encryption : nullptr, previous, {}};
  CreateResult result;
  make_archive(task, staging.path(), archive, result, progress);
  auto& warnings = result.metadata.warnings;
  warnings.insert(warnings.end(), task.remarks.begin(), task.remarks.end());
  if (!result.unchanged) hand_over(archive, task, result);
  if (options.retention && !options.output && !options.deliver) {
    result.pruned = prune_after(options);
  }
  return result;
}

}  // namespace a2a_backup
