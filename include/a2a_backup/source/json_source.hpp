// SPDX-License-Identifier: MIT
/// The application's shared/*.json.
#pragma once

#include <chrono>
#include <map>

#include "a2a_backup/source/json_file.hpp"
#include "a2a_backup/source/source.hpp"

namespace a2a_backup {

struct JsonSourceOptions {
  std::vector<std::string> exclude;  ///< globs over entry names
  /// The application rewrites one file after the other; only files that were left alone this long
  /// are taken, so that a pair is not caught in between.
  std::chrono::milliseconds settle{50};
  /// After this long of files that never settle, files that merely held still while they were read
  /// are taken, with a warning.
  std::chrono::milliseconds patience{3000};
  std::chrono::milliseconds give_up{15000};
  unsigned jobs = 1;  ///< files that are parsed at once
};

/// Captures `<root>/shared/*.json`: reads and parses each file and looks again whether any of them
/// changed meanwhile, until all hold still. A file that does not parse although nobody is writing
/// it is an error, not a backup.
class JsonSource : public Source {
 public:
  JsonSource(const fs::path& root, JsonSourceOptions options);

  std::string describe() const override;
  std::uint64_t content_size() const override;
  std::uint64_t staging_size() const override { return content_size(); }
  void capture(const fs::path& staging, Progress& progress) override;
  const std::vector<SourceEntry>& entries() const override { return entries_; }
  std::unique_ptr<Reader> open(const SourceEntry& entry) const override;
  void annotate(Metadata& metadata) const override;

  /// The files that would be captured now, entry name -> path.
  std::map<std::string, fs::path> find() const;

 private:
  using Files = std::map<std::string, JsonFile>;

  /// One look at the folder: reads what is new or changed since `files`. True when nothing moved.
  bool read_round(Files& files, const fs::path& staging) const;
  void refuse_hopeless(const Files& files, bool still,
                       std::chrono::steady_clock::duration waited) const;
  void accept(Files files, Progress& progress);

  fs::path root_;
  fs::path folder_;
  JsonSourceOptions options_;
  Files files_;
  std::vector<SourceEntry> entries_;
  std::vector<std::string> warnings_;
  int attempts_ = 0;
};

}  // namespace a2a_backup
