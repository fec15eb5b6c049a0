// SPDX-License-Identifier: MIT
#include <random>
#include <stdexcept>
#include <utility>

#include "a2a_backup/core/read_ahead.hpp"
#include "catch.hpp"
#include "support.hpp"

using namespace a2a_backup;
using namespace a2a_backup::test;

namespace {

/// A file whose bytes say where they are, and that counts how often it is read.
class Numbered : public RandomAccess {
 public:
  std::uint64_t size() const override { return 3'000'000; }
  void read_at(std::uint64_t offset, std::span<std::byte> buffer) const override {
    ++reads;
    REQUIRE(offset + buffer.size() <= size());
    if (std::exchange(fails, false)) throw std::runtime_error("a bad sector");
    for (std::size_t i = 0; i < buffer.size(); ++i) buffer[i] = byte_at(offset + i);
  }
  const std::string& name() const override { return name_; }
  static std::byte byte_at(std::uint64_t offset) {
    return static_cast<std::byte>(offset * 2654435761U >> 13U);
  }
  mutable int reads = 0;
  mutable bool fails = false;  ///< the next one

 private:
  std::string name_ = "numbered";
};

bool is_right(std::span<const std::byte> bytes, std::uint64_t offset) {
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (bytes[i] != Numbered::byte_at(offset + i)) return false;
  }
  return true;
}

}  // namespace

TEST_CASE("what is asked for in order is read in few pieces", "[read_ahead]") {
  const Numbered file;
  ReadAhead ahead(file);
  for (std::uint64_t at = 0; at + 4000 <= file.size(); at += 4000) {
    CHECK(is_right(ahead.fetch(at, 4000), at));
  }
  CHECK(file.reads < 30);
}

TEST_CASE("what is asked for here and there is read as it is asked for", "[read_ahead]") {
  const Numbered file;
  ReadAhead ahead(file);
  std::mt19937 random(1);
  for (int i = 0; i < 2000; ++i) {
    const std::size_t size = 1 + random() % 70'000;
    const std::uint64_t at = random() % (file.size() - size + 1);
    const auto found = ahead.fetch(at, size);
    CHECK(found.size() == size);
    CHECK(is_right(found, at));
  }
  CHECK(ahead.fetch(file.size(), 0).empty());
}

TEST_CASE("what could not be read is read again", "[read_ahead]") {
  const Numbered file;
  ReadAhead ahead(file);
  ahead.fetch(0, 4096);
  file.fails = true;
  CHECK_THROWS(ahead.fetch(4096, 4096));
  CHECK(is_right(ahead.fetch(4096, 4096), 4096));
}
