// SPDX-License-Identifier: MIT
#include "archive_build.hpp"

#include <algorithm>

#include "a2a_backup/archive/chunk_codec.hpp"
#include "a2a_backup/archive/entry_name.hpp"
#include "a2a_backup/archive/zip_reader.hpp"
#include "a2a_backup/archive/zip_writer.hpp"
#include "a2a_backup/backup/backup_file.hpp"
#include "a2a_backup/core/digest.hpp"
#include "a2a_backup/core/interrupt.hpp"
#include "a2a_backup/source/postgresql_dump.hpp"

namespace a2a_backup {
namespace {

/// Reads a file once, from its beginning to its end, and hashes it.
class ReadBack {
 public:
  ReadBack(const RandomAccess& file, Progress& progress)
      : file_(file), progress_(progress), buffer_(chunk_bound(max_chunk_size)) {}

  void pass_to(std::uint64_t offset) {
    while (position_ < offset) next(std::min<std::uint64_t>(offset - position_, buffer_.size()));
  }

  std::span<const std::byte> next(std::uint64_t size) {
    check_interrupt();
    const auto bytes = std::span(buffer_).first(static_cast<std::size_t>(size));
    file_.read_at(position_, bytes);
    sha256_.update(bytes);
    position_ += size;
    progress_.advance(size);
    return bytes;
  }

  FileDigest finish() {
    pass_to(file_.size());
    return {position_, sha256_.finish()};
  }

 private:
  const RandomAccess& file_;
  Progress& progress_;
  std::vector<std::byte> buffer_;
  std::uint64_t position_ = 0;
  Sha256 sha256_;
};

void require(bool same, const RandomAccess& file, const std::string& what) {
  if (!same) throw Error(ErrorKind::archive, file.name() + ": " + what + " not what was written");
}

/// By its text: what names the data have need not survive being parsed.
void require_metadata(const std::shared_ptr<const RandomAccess>& archive, const std::string& text) {
  ZipReader zip(archive);
  const ZipEntry* entry = zip.find(metadata_entry);
  require(entry != nullptr && entry->size == text.size() &&
              read_text(*zip.open(*entry), text.size()) == text,
          *archive, std::string(metadata_entry) + " is");
}

FileDigest read_back(const std::shared_ptr<const RandomAccess>& archive,
                     const WrittenArchive& written, Progress& progress) {
  progress.phase("prove", archive->size());
  require_metadata(archive, written.metadata);
  BackupFile backup(archive);
  const std::vector<EntryFacts>& entries = written.entries;
  require(backup.entries().size() == entries.size(), *archive, "the directory is");
  ReadBack file(*archive, progress);
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const ZipEntry& entry = backup.entries()[i];
    const EntryFacts& facts = entries[i];
    require(entry.name == backup.metadata().entries[i].path && entry.size == facts.size &&
                entry.compressed_size == facts.compressed_size && entry.crc32 == facts.crc32,
            *archive, "the directory is");
    file.pass_to(entry.data_offset);
    for (std::size_t chunk = 0; chunk < facts.chunks.size(); ++chunk) {
      require(chunk_crc32(file.next(facts.chunks[chunk])) == facts.packed_crc32s[chunk], *archive,
              entry.name + " is");
    }
    if (entry.name == postgresql_entry) {
      list_dump(backup.open(entry), entry.name, ErrorKind::failed);
    }
  }
  return file.finish();
}

}  // namespace

/// Entries in the order of the archive: the JSON files by name, then the database.
WrittenArchive write_archive(int fd, const fs::path& path, const Sources& sources,
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
  WrittenArchive written;
  const auto make_metadata = [&](std::vector<EntryFacts> facts) {
    for (const auto& source : sources) source->annotate(metadata);
    for (std::size_t i = 0; i < facts.size(); ++i) {
      metadata.entries[i].size = facts[i].size;
      metadata.entries[i].sha256 = facts[i].sha256;
      metadata.entries[i].chunks = facts[i].chunks;
      metadata.entries[i].chunk_crc32s = facts[i].chunk_crc32s;
    }
    written = {std::move(facts), format_metadata(metadata)};
    return written.metadata;
  };
  write_zip(fd, path, inputs, std::string(metadata_entry), metadata.timestamp, make_metadata,
            deflate);
  return written;
}

/// An archive of our own making that does not hold is this machine's trouble, not an old backup's.
FileDigest prove_archive(const std::shared_ptr<const RandomAccess>& archive,
                         const WrittenArchive& written, Progress& progress) {
  try {
    return read_back(archive, written, progress);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::archive) throw;
    throw Error(ErrorKind::failed, "the archive does not read back: " + error.message(),
                "try again, or another disk with --backup-dir; this disk or memory may be failing");
  }
}

}  // namespace a2a_backup
