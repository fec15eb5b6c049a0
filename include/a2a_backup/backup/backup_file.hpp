// SPDX-License-Identifier: MIT
/// One backup, opened: its archive and what it says of itself, which agree.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "a2a_backup/archive/inflate_pipeline.hpp"
#include "a2a_backup/archive/metadata.hpp"
#include "a2a_backup/archive/zip_reader.hpp"
#include "a2a_backup/core/file.hpp"
#include "a2a_backup/core/progress.hpp"

namespace a2a_backup {

/// Reads its metadata, and nothing else until asked.
class BackupFile {
 public:
  /// Throws Error of kind `archive` when the zip, its metadata or their agreement is bad: every
  /// file listed is in the zip with that size, and every file in the zip is listed. (A version 1
  /// document is only a hint: its script listed what it meant to save.)
  explicit BackupFile(std::shared_ptr<const RandomAccess> file, unsigned jobs = 1);

  const Metadata& metadata() const { return metadata_; }
  /// The entries without the metadata, in the order of the archive.
  const std::vector<ZipEntry>& entries() const { return entries_; }
  /// Files that a version 1 document lists and the archive does not have.
  std::vector<std::string> missing() const;
  const std::string& name() const { return zip_.file().name(); }
  unsigned jobs() const { return jobs_; }
  std::uint64_t size() const { return zip_.file().size(); }
  const ZipEntry* find(std::string_view entry) const;

  /// The entry's content; the reader throws Error of kind `archive` for every kind of damage that
  /// shows without the digest.
  std::unique_ptr<Reader> open(const ZipEntry& entry);

  /// Reads the entry to its end and compares size, CRC-32 and, where the metadata has one, SHA-256;
  /// returns what it found. With `target`, writes a new 0600 file there.
  FileDigest check(const ZipEntry& entry, Progress& progress,
                   const std::optional<fs::path>& target = {},
                   Lifetime lifetime = Lifetime::durable);

 private:
  void check_listing() const;
  const EntryRecord* chunks_of(const ZipEntry& entry) const;
  std::unique_ptr<Reader> inflate(const ZipEntry& entry, const EntryRecord& chunks,
                                  PlaceBytes place = {});
  FileDigest extract(const ZipEntry& entry, Progress& progress, const fs::path& target,
                     Lifetime lifetime);

  ZipReader zip_;
  unsigned jobs_;
  std::vector<ZipEntry> entries_;
  Metadata metadata_;
};

/// The names of the backups, plain or encrypted, inside a zip around backups, such as a GitHub
/// artifact; empty when the file is none. Throws nothing about damage.
std::vector<std::string> wrapped_backups(const std::shared_ptr<const RandomAccess>& file);

}  // namespace a2a_backup
