// SPDX-License-Identifier: MIT
/// How long work tells an observer how far it is.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "a2a_backup/core/io.hpp"

namespace a2a_backup {

/// Called from the thread that does the work. Implementations must be quick.
class Progress {
 public:
  virtual ~Progress() = default;
  /// A phase begins ("snapshot", "compress", "prove"); `total_bytes` may be 0 when unknown.
  virtual void phase(std::string_view name, std::uint64_t total_bytes) = 0;
  /// `bytes` more of the current phase are done.
  virtual void advance(std::uint64_t bytes) = 0;
};

/// An observer that ignores everything.
Progress& no_progress();

/// Passes a stream on and reports what passed. Stops it when a signal came.
class ObservedReader : public Reader {
 public:
  ObservedReader(std::unique_ptr<Reader> input, Progress& progress)
      : input_(std::move(input)), progress_(progress) {}
  std::size_t read(std::span<std::byte> buffer) override;

 private:
  std::unique_ptr<Reader> input_;
  Progress& progress_;
};

}  // namespace a2a_backup
