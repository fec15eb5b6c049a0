// SPDX-License-Identifier: MIT
// Whatever the text, the metadata parser yields a document or throws an Error; and what it yields
// can be written and read again.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "a2a_backup/archive/metadata.hpp"
#include "a2a_backup/core/error.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace a2a_backup;
  Metadata metadata;
  try {
    metadata = parse_metadata({reinterpret_cast<const char*>(data), size}, "input");
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::archive) std::abort();
    return 0;
  }
  const std::string once = format_metadata(metadata);
  if (once.size() <= max_metadata_size && format_metadata(parse_metadata(once, "again")) != once) {
    std::abort();
  }
  return 0;
}
