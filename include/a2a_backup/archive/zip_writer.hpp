// SPDX-License-Identifier: MIT
/// Writes a backup archive: plain zip, entries in the order added, the metadata last.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "a2a_backup/archive/deflate_pipeline.hpp"
#include "a2a_backup/core/clock.hpp"
#include "a2a_backup/core/file.hpp"

namespace a2a_backup {

/// One file to be archived. `open` is called once, when its turn has come.
struct ZipInput {
  std::string name;
  /// Expected bytes, when they are known; they decide about zip64, which else is there. The archive
  /// holds what is really read.
  std::optional<std::uint64_t> size;
  TimePoint mtime{};
  std::function<std::unique_ptr<Reader>()> open;
  std::shared_ptr<const PackedEntry> before = nullptr;  ///< see DeflatePipeline
};

/// Writes all `inputs` and then one entry called `last_name`, whose content `make_last` builds from
/// what the entries before it turned out to be, to the empty file `fd`; the fsync is the caller's.
/// `path` is what to call it in messages. Throws what a reader threw, or Error of kind `failed`
/// when writing fails; the file is then incomplete.
void write_zip(int fd, const fs::path& path, const std::vector<ZipInput>& inputs,
               const std::string& last_name, TimePoint last_mtime,
               const std::function<std::string(std::vector<EntryFacts>)>& make_last,
               const DeflateOptions& options);

}  // namespace a2a_backup
