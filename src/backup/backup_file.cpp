// SPDX-License-Identifier: MIT
#include "a2a_backup/backup/backup_file.hpp"

#include <algorithm>

#include "a2a_backup/archive/entry_name.hpp"
#include "a2a_backup/core/text.hpp"

namespace a2a_backup {
namespace {

const std::string damage_hint = "choose an older backup: a2a-backup list";

Metadata read_metadata(ZipReader& zip) {
  const std::string& name = zip.file().name();
  const ZipEntry* entry = zip.find(metadata_entry);
  if (entry == nullptr) {
    throw Error(ErrorKind::archive, name + " is not a backup: it has no backup_metadata.json");
  }
  if (entry->size > max_metadata_size) {
    throw Error(ErrorKind::archive, name + ": backup_metadata.json: is too large", damage_hint);
  }
  const auto reader = zip.open(*entry);
  return parse_metadata(read_text(*reader, max_metadata_size), name);
}

}  // namespace

BackupFile::BackupFile(std::shared_ptr<const RandomAccess> file, unsigned jobs)
    : zip_(std::move(file)), jobs_(jobs), entries_(zip_.entries()), metadata_(read_metadata(zip_)) {
  std::erase_if(entries_, [](const ZipEntry& entry) { return entry.name == metadata_entry; });
  if (!metadata_.legacy()) check_listing();
}

void BackupFile::check_listing() const {
  for (const EntryRecord& record : metadata_.entries) {
    const ZipEntry* entry = find(record.path);
    if (entry == nullptr) {
      throw Error(ErrorKind::archive,
                  name() + " lacks " + printable(record.path) + ", which its metadata lists",
                  damage_hint);
    }
    if (entry->size != record.size) {
      throw Error(ErrorKind::archive,
                  name() + ": " + entry->name + " has " + std::to_string(entry->size) +
                      " bytes, its metadata says " + std::to_string(record.size),
                  damage_hint);
    }
  }
  if (metadata_.entries.size() > entries_.size()) {
    throw Error(ErrorKind::archive, name() + ": its metadata lists a file twice", damage_hint);
  }
  for (const ZipEntry& entry : entries_) {
    if (metadata_.find(entry.name) == nullptr) {
      throw Error(ErrorKind::archive,
                  name() + " holds " + entry.name + ", which its metadata does not list",
                  damage_hint);
    }
  }
}

std::vector<std::string> BackupFile::missing() const {
  std::vector<std::string> names;
  for (const std::string& listed : metadata_.files) {
    if (find(listed) == nullptr) names.push_back(listed);
  }
  return names;
}

const ZipEntry* BackupFile::find(std::string_view entry) const {
  const auto found = std::find_if(entries_.begin(), entries_.end(),
                                  [&](const ZipEntry& e) { return e.name == entry; });
  return found == entries_.end() ? nullptr : &*found;
}

/// Where they are, nullptr for an entry that is one stream: it was made or packed again by another
/// program.
const EntryRecord* BackupFile::chunks_of(const ZipEntry& entry) const {
  constexpr std::uint16_t deflated = 8;
  const EntryRecord* record = metadata_.find(entry.name);
  const bool chunked = record != nullptr && record->chunk_size != 0 && entry.method == deflated;
  return chunked ? record : nullptr;
}

std::unique_ptr<Reader> BackupFile::inflate(const ZipEntry& entry, const EntryRecord& chunks,
                                            PlaceBytes place) {
  return std::make_unique<InflatePipeline>(zip_.file(), entry, chunks.chunk_size, chunks.chunks,
                                           jobs_, std::move(place));
}

std::unique_ptr<Reader> BackupFile::open(const ZipEntry& entry) {
  if (const EntryRecord* chunks = chunks_of(entry)) return inflate(entry, *chunks);
  return zip_.open(entry);
}

/// Whoever inflates a chunk writes it, while this thread computes the digest.
FileDigest BackupFile::extract(const ZipEntry& entry, Progress& progress, const fs::path& target,
                               Lifetime lifetime) {
  const EntryRecord* chunks = chunks_of(entry);
  if (chunks == nullptr) {
    ObservedReader reader(zip_.open(entry), progress);
    return write_new_file(reader, target, lifetime);
  }
  NewFile file(target, lifetime);
  ObservedReader reader(inflate(entry, *chunks,
                                [&](std::uint64_t offset, std::span<const std::byte> bytes) {
                                  write_all_at(file.fd(), bytes, offset, target);
                                  file.wrote(bytes.size());
                                }),
                        progress);
  FileDigest digest = digest_of(reader);
  file.finish();
  return digest;
}

FileDigest BackupFile::check(const ZipEntry& entry, Progress& progress,
                             const std::optional<fs::path>& target, Lifetime lifetime) {
  FileDigest digest;
  if (target) {
    digest = extract(entry, progress, *target, lifetime);
  } else {
    ObservedReader reader(open(entry), progress);
    digest = digest_of(reader);
  }
  const EntryRecord* record = metadata_.find(entry.name);
  if (record != nullptr && record->sha256 != digest.sha256) {
    throw Error(ErrorKind::archive,
                name() + ": " + entry.name + " is damaged: its SHA-256 is not the recorded one",
                damage_hint);
  }
  return digest;
}

std::vector<std::string> wrapped_backups(const std::shared_ptr<const RandomAccess>& file) {
  std::vector<std::string> names;
  try {
    for (const ZipEntry& entry : read_central_directory(*file, NamePolicy::wrapper)) {
      const std::string last = entry.name.substr(entry.name.rfind('/') + 1);
      if (last.starts_with(backup_prefix) && is_archive_name(last)) names.push_back(entry.name);
    }
  } catch (const Error&) {
    names.clear();
  }
  return names;
}

}  // namespace a2a_backup
