// SPDX-License-Identifier: MIT
#include "archive_build.hpp"

#include "a2a_backup/archive/entry_name.hpp"
#include "a2a_backup/archive/zip_writer.hpp"
#include "a2a_backup/backup/backup_file.hpp"
#include "a2a_backup/core/log.hpp"
#include "a2a_backup/core/text.hpp"
#include "a2a_backup/source/postgresql_dump.hpp"

namespace a2a_backup {
namespace {

/// Reads the whole archive back and compares it with what was captured.
void read_back(std::shared_ptr<const RandomAccess> archive, const Metadata& metadata, unsigned jobs,
               Progress& progress) {
  BackupFile backup(std::move(archive), jobs);
  std::uint64_t total = 0;
  for (const ZipEntry& entry : backup.entries()) total += entry.size;
  progress.phase("prove", total);
  bool same = backup.entries().size() == metadata.entries.size();
  for (const ZipEntry& entry : backup.entries()) {
    const FileDigest digest = backup.check(entry, progress);
    const EntryRecord* captured = metadata.find(entry.name);
    if (entry.name == postgresql_entry)
      list_dump(backup.open(entry), entry.name, ErrorKind::failed);
    same = same && captured != nullptr && captured->sha256 == digest.sha256 &&
           captured->size == digest.size;
  }
  if (!same) throw Error(ErrorKind::failed, "the archive read back is not the data captured");
}

}  // namespace

/// Entries in the order of the archive: the JSON files by name, then the database.
std::uint64_t write_archive(int fd, const fs::path& path, const Sources& sources,
                            const CreateOptions& options, PreviousBackup& previous,
                            Metadata& metadata, Progress& progress) {
  const DeflateOptions deflate{.level = options.level, .jobs = options.jobs};
  std::vector<ZipInput> inputs;
  std::uint64_t total = 0;
  for (const auto& source : sources) {
    for (const SourceEntry& entry : source->entries()) {
      metadata.files.push_back(entry.name);
      metadata.entries.push_back(
          {entry.name, entry.source, 0, entry.mtime, "", deflate.chunk_size, {}, options.level});
      inputs.push_back({entry.name, entry.size, entry.mtime,
                        [&source = *source, &entry, &progress] {
                          return std::make_unique<ObservedReader>(source.open(entry), progress);
                        },
                        previous.packed(entry.name, options.level)});
      total += entry.size.value_or(source->content_size());
    }
  }
  progress.phase("compress", total);
  std::uint64_t taken_over = 0;
  const auto make_metadata = [&](const std::vector<EntryFacts>& facts) {
    for (const auto& source : sources) source->annotate(metadata);
    for (std::size_t i = 0; i < facts.size(); ++i) {
      metadata.entries[i].size = facts[i].size;
      metadata.entries[i].sha256 = facts[i].sha256;
      metadata.entries[i].chunks = facts[i].chunks;
      metadata.entries[i].chunk_crc32s = facts[i].chunk_crc32s;
      taken_over += facts[i].taken_over;
    }
    return format_metadata(metadata);
  };
  write_zip(fd, path, inputs, std::string(metadata_entry), metadata.timestamp, make_metadata,
            deflate);
  log::debug("compressed already in the backup before: " + format_bytes(taken_over) + " of " +
             format_bytes(total));
  return taken_over;
}

/// An archive of our own making that does not hold is this machine's trouble, not an old backup's.
void prove_archive(std::shared_ptr<const RandomAccess> archive, const Metadata& metadata,
                   unsigned jobs, Progress& progress) {
  try {
    read_back(std::move(archive), metadata, jobs, progress);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::archive) throw;
    throw Error(ErrorKind::failed, "the archive does not read back: " + error.message(),
                "try again, or another disk with --backup-dir; this disk or memory may be failing");
  }
}

}  // namespace a2a_backup
