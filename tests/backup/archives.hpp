// SPDX-License-Identifier: MIT
/// Backups made to measure, good and bad.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "a2a_backup/archive/entry_name.hpp"
#include "a2a_backup/archive/zip_writer.hpp"
#include "a2a_backup/backup/catalog.hpp"
#include "a2a_backup/backup/create.hpp"
#include "support.hpp"

namespace a2a_backup::test {

using Contents = std::map<std::string, std::string>;  ///< entry name -> bytes

/// Writes a zip of `contents` and one last entry.
inline void write_test_zip(
    const fs::path& path, const Contents& contents, const std::string& last_name,
    const std::function<std::string(const std::vector<EntryFacts>&)>& make_last) {
  fs::create_directories(path.parent_path());
  std::vector<ZipInput> inputs;
  for (const auto& [name, text] : contents) {
    inputs.push_back(
        {name, text.size(), {}, [&text = text] { return std::make_unique<TextReader>(text); }});
  }
  write_zip(create_new(path).get(), path, inputs, last_name, {}, make_last, {});
}

/// A backup as `create` writes it, whose metadata is true unless `change` makes it lie.
inline void write_backup(const fs::path& path, const std::string& time, const Contents& contents,
                         const std::function<void(Metadata&)>& change = {}) {
  write_test_zip(
      path, contents, std::string(metadata_entry), [&](const std::vector<EntryFacts>& facts) {
        Metadata metadata;
        metadata.timestamp = parse_time(time).value();
        std::size_t i = 0;
        for (const auto& [name, text] : contents) {
          metadata.files.push_back(name);
          metadata.entries.push_back(
              {name, "/app/" + name, text.size(), {}, facts[i].sha256, 512 << 10, facts[i].chunks});
          ++i;
        }
        if (change) change(metadata);
        return format_metadata(metadata);
      });
}

/// A backup as the Python script wrote it.
inline void write_legacy_backup(const fs::path& path, const std::string& time,
                                const Contents& contents) {
  write_test_zip(path, contents, std::string(metadata_entry), [&](const auto&) {
    return "{\n  \"timestamp\": \"" + time +
           "\",\n  \"files\": [\"shared/tasks.json\"],\n  \"version\": \"1.0\"\n}";
  });
}

/// A zip around other files, as GitHub hands out artifacts.
inline void write_artifact(const fs::path& path, const Contents& contents) {
  write_test_zip(path, contents, "log.txt", [](const auto&) { return std::string("a log"); });
}

/// A backup file, opened.
inline SelectedBackup open_backup(const fs::path& path) {
  SelectedBackup selected;
  selected.name = path.filename();
  selected.file = std::make_unique<BackupFile>(open_random_access(path, ErrorKind::archive));
  selected.stored_size = selected.file->size();
  return selected;
}

/// Backs the system at `root` up into `<root>/backups`.
inline CreateResult back_up(const fs::path& root) {
  CreateOptions options;
  options.root = root;
  options.backup_dir = root / "backups";
  options.level = 1;
  return create_backup(options, no_progress());
}

}  // namespace a2a_backup::test
