// SPDX-License-Identifier: MIT
#include "a2a_backup/core/progress.hpp"

#include "a2a_backup/core/interrupt.hpp"

namespace a2a_backup {

Progress& no_progress() {
  class Silent : public Progress {
    void phase(std::string_view /*name*/, std::uint64_t /*total_bytes*/) override {}
    void advance(std::uint64_t /*bytes*/) override {}
  };
  static Silent silent;
  return silent;
}

std::size_t ObservedReader::read(std::span<std::byte> buffer) {
  check_interrupt();
  const std::size_t got = input_->read(buffer);
  progress_.advance(got);
  return got;
}

}  // namespace a2a_backup
