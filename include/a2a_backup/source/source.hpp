// SPDX-License-Identifier: MIT
/// Where the data of a backup comes from.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "a2a_backup/archive/metadata.hpp"
#include "a2a_backup/core/clock.hpp"
#include "a2a_backup/core/file.hpp"
#include "a2a_backup/core/io.hpp"
#include "a2a_backup/core/progress.hpp"

namespace a2a_backup {

/// One file that a source contributes to a backup.
struct SourceEntry {
  std::string name;                   ///< the entry's name in the archive
  std::string source;                 ///< where it lives, without secrets
  std::optional<std::uint64_t> size;  ///< bytes that open() will yield, when that is known
  TimePoint mtime{};
};

/// A source is captured once; after that its entries are frozen and can be read in any order, and
/// annotate() says whether they are sound. All errors about the data itself are of kind `source`, a
/// locked source is `busy`.
class Source {
 public:
  virtual ~Source() = default;

  /// What it is and where, for messages: "the SQLite database /app/data/a2a_system.db".
  virtual std::string describe() const = 0;

  /// Bytes of the live data, as far as they are known before capture().
  virtual std::uint64_t content_size() const = 0;
  /// Those of them that capture() cannot do without copying to the staging folder.
  virtual std::uint64_t staging_size() const = 0;

  /// Whether it may as well be captured early: nobody waits for the source to be let go, and checks
  /// of its own go on beside whatever comes next.
  virtual bool captures_early() const { return false; }

  /// Fixes the state of the live data, which it never changes. What has to be copied goes into the
  /// private folder `staging`; the rest may be read where it lies, and held, until the source is
  /// destroyed. Reports content_size() to `progress`.
  virtual void capture(const fs::path& staging, Progress& progress) = 0;

  /// What was captured, sorted by name.
  virtual const std::vector<SourceEntry>& entries() const = 0;
  virtual std::unique_ptr<Reader> open(const SourceEntry& entry) const = 0;

  /// Adds what the source knows about its content: counts, warnings, attempts. Waits for checks
  /// that go on beside the reading, and throws what they found.
  virtual void annotate(Metadata& metadata) const = 0;
};

}  // namespace a2a_backup
