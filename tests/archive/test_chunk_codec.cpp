// SPDX-License-Identifier: MIT
#include <array>
#include <string>

#include "a2a_backup/archive/chunk_codec.hpp"
#include "a2a_backup/core/digest.hpp"
#include "a2a_backup/core/error.hpp"
#include "catch.hpp"
#include "chunk_samples.hpp"

using namespace a2a_backup;
using namespace a2a_backup::test;

namespace {

/// Every level of every library in this build, not only those that deflate_method() chooses.
std::vector<DeflateMethod> all_methods() {
  std::vector<DeflateMethod> methods{{DeflateLibrary::none, 0}};
  const auto add = [&](DeflateLibrary library, int first, int last) {
    if (!is_available(library)) return;
    for (int level = first; level <= last; ++level) methods.push_back({library, level});
  };
  add(DeflateLibrary::zlib, 1, 9);
  add(DeflateLibrary::isal, 0, 3);
  add(DeflateLibrary::libdeflate, 1, 12);
  return methods;
}

std::vector<std::unique_ptr<ChunkInflater>> all_inflaters() {
  std::vector<std::unique_ptr<ChunkInflater>> inflaters;
  for (const auto library :
       {DeflateLibrary::zlib, DeflateLibrary::isal, DeflateLibrary::libdeflate}) {
    if (is_available(library)) inflaters.push_back(make_chunk_inflater(library));
  }
  return inflaters;
}

std::string describe(const DeflateMethod& method) {
  static constexpr std::array names{"none", "zlib", "isal", "libdeflate"};
  return std::string(names.at(static_cast<std::size_t>(method.library))) + " " +
         std::to_string(method.level);
}

ByteVector packed(ChunkDeflater& deflater, const ByteVector& input, bool last) {
  ByteVector chunk(chunk_bound(input.size()));
  chunk.resize(deflater.deflate(input, last, chunk));
  return chunk;
}

ByteVector packed(const ByteVector& input, bool last) {
  return packed(*make_chunk_deflater({DeflateLibrary::zlib, 6}), input, last);
}

/// What `chunk` inflates to when there is room for `room` bytes.
std::optional<ByteVector> unpacked(ChunkInflater& inflater, const ByteVector& chunk, bool last,
                                   std::size_t room) {
  ByteVector output(room);
  const auto size = inflater.inflate(chunk, last, output);
  if (!size) return std::nullopt;
  output.resize(*size);
  return output;
}

std::vector<ByteVector> samples() {
  std::vector<ByteVector> samples{mixed_bytes(400000)};
  for (const std::size_t size : {0UL, 1UL, 2UL, 300UL, 4096UL, 65535UL, 65536UL}) {
    samples.push_back(zeros(size));
    samples.push_back(random_bytes(size));
    samples.push_back(text_bytes(size));
  }
  return samples;
}

void append(ByteVector& all, const ByteVector& more) {
  all.insert(all.end(), more.begin(), more.end());
}

}  // namespace

TEST_CASE("every level from 0 to 9 has a method, and no other", "[chunk_codec]") {
  CHECK(deflate_method(0) == DeflateMethod{DeflateLibrary::none, 0});
  for (int level = 1; level <= 9; ++level) {
    CHECK(deflate_method(level).library != DeflateLibrary::none);
    CHECK(make_chunk_deflater(deflate_method(level)) != nullptr);
  }
  for (const int level : {-1, 10, 1000}) {
    try {
      deflate_method(level);
      FAIL("level " << level << " was accepted");
    } catch (const Error& error) {
      CHECK(error.kind() == ErrorKind::usage);
      CHECK_THAT(error.message(), Catch::Matchers::ContainsSubstring(std::to_string(level)));
    }
  }
}

TEST_CASE("a higher level is not larger", "[chunk_codec]") {
  const ByteVector input = text_bytes(524288);
  std::size_t before = input.size() * 2;
  for (int level = 0; level <= 9; ++level) {
    CAPTURE(level);
    const auto deflater = make_chunk_deflater(deflate_method(level));
    const std::size_t size = packed(*deflater, input, false).size();
    CHECK(size <= before + before / 100);
    before = size;
  }
}

TEST_CASE("a chunk of any method is inflated by every library", "[chunk_codec]") {
  const auto inflaters = all_inflaters();
  const auto inputs = samples();
  for (const DeflateMethod& method : all_methods()) {
    const auto deflater = make_chunk_deflater(method);
    for (const ByteVector& input : inputs) {
      for (const bool last : {false, true}) {
        const ByteVector chunk = packed(*deflater, input, last);
        CAPTURE(describe(method), input.size(), last, chunk.size());
        REQUIRE(chunk.size() <= chunk_bound(input.size()));
        for (const auto& inflater : inflaters) {
          REQUIRE((unpacked(*inflater, chunk, last, input.size()) == input));
          REQUIRE((unpacked(*inflater, chunk, last, input.size() + 1000) == input));
        }
      }
    }
  }
}

TEST_CASE("chunks of all methods together are one deflate stream", "[chunk_codec]") {
  ByteVector input;
  ByteVector stream;
  for (const DeflateMethod& method : all_methods()) {
    const auto deflater = make_chunk_deflater(method);
    for (const ByteVector& part : {text_bytes(70000), random_bytes(70000), zeros(0), zeros(9)}) {
      append(input, part);
      append(stream, packed(*deflater, part, false));
    }
  }
  SECTION("that ends in an empty chunk") {
    append(stream, packed({}, true));
  }
  SECTION("that ends in a chunk with content") {
    append(input, text_bytes(12345));
    append(stream, packed(text_bytes(12345), true));
  }
  CHECK((zlib_inflate(stream) == input));
}

TEST_CASE("a chunk does not depend on what was compressed before", "[chunk_codec]") {
  const ByteVector input = mixed_bytes(100000);
  for (const DeflateMethod& method : all_methods()) {
    CAPTURE(describe(method));
    const auto deflater = make_chunk_deflater(method);
    const ByteVector fresh = packed(*deflater, input, false);
    for (const ByteVector& other : {input, text_bytes(500000), random_bytes(300)}) {
      packed(*deflater, other, true);
      REQUIRE((packed(*deflater, input, false) == fresh));
    }
  }
}

TEST_CASE("a flush costs a few bytes", "[chunk_codec]") {
  for (const DeflateMethod& method : all_methods()) {
    const auto deflater = make_chunk_deflater(method);
    for (const ByteVector& input : samples()) {
      CAPTURE(describe(method), input.size());
      CHECK(packed(*deflater, input, false).size() <= packed(*deflater, input, true).size() + 120);
    }
  }
}

TEST_CASE("what does not shrink becomes stored blocks", "[chunk_codec]") {
  for (const DeflateMethod& method : all_methods()) {
    const auto deflater = make_chunk_deflater(method);
    for (const std::size_t blocks : {1UL, 2UL, 8UL}) {
      CAPTURE(describe(method), blocks);
      const ByteVector input = random_bytes(65535 * blocks);
      CHECK(packed(*deflater, input, true).size() == input.size() + 5 * blocks);
      CHECK(packed(*deflater, input, false).size() == input.size() + 5 * blocks + 5);
    }
  }
  CHECK(chunk_bound(0) == 5);
  CHECK(chunk_bound(65535) == 65545);
  CHECK(chunk_bound(65536) == 65551);
}

TEST_CASE("an output without enough room is refused before it is written to", "[chunk_codec]") {
  const auto deflater = make_chunk_deflater({DeflateLibrary::zlib, 1});
  const ByteVector input = zeros(100);
  ByteVector output(chunk_bound(input.size()) - 1);
  CHECK_THROWS_AS(deflater->deflate(input, true, output), std::length_error);
  ByteVector large(max_chunk_size + 1);
  output.resize(chunk_bound(large.size()));
  CHECK_THROWS_AS(deflater->deflate(large, true, output), std::length_error);
}

TEST_CASE("a chunk is refused when it is not whole or not alone", "[chunk_codec]") {
  const ByteVector input = text_bytes(5000);
  for (const auto& inflater : all_inflaters()) {
    for (const DeflateMethod& method : all_methods()) {
      const auto deflater = make_chunk_deflater(method);
      for (const bool last : {false, true}) {
        const ByteVector chunk = packed(*deflater, input, last);
        CAPTURE(describe(method), last);
        CHECK(unpacked(*inflater, chunk, !last, input.size()) == std::nullopt);
        CHECK(unpacked(*inflater, chunk, last, input.size() - 1) == std::nullopt);
        CHECK(unpacked(*inflater, chunk, last, 0) == std::nullopt);
        ByteVector longer = chunk;
        longer.push_back(std::byte{0});
        CHECK(unpacked(*inflater, longer, last, input.size()) == std::nullopt);
        for (std::size_t size = 0; size < chunk.size(); size += 1 + size / 50) {
          const ByteVector cut(chunk.begin(), chunk.begin() + static_cast<std::ptrdiff_t>(size));
          CHECK(unpacked(*inflater, cut, last, input.size()) == std::nullopt);
        }
      }
    }
  }
}

TEST_CASE("a chunk that is final too early is refused", "[chunk_codec]") {
  ByteVector chunk = packed(text_bytes(100), true);
  append(chunk, packed(text_bytes(100), false));
  for (const auto& inflater : all_inflaters()) {
    CHECK(unpacked(*inflater, chunk, false, 1000) == std::nullopt);
    CHECK(unpacked(*inflater, chunk, true, 1000) == std::nullopt);
  }
}

TEST_CASE("a chunk that refers to what came before it is refused", "[chunk_codec]") {
  // The fixed code: literal 'a', a match of length 3, end of block.
  const ByteVector distance_1{std::byte{0x4b}, std::byte{0x04}, std::byte{0x02}, std::byte{0x00}};
  const ByteVector distance_2{std::byte{0x4b}, std::byte{0x04}, std::byte{0x42}, std::byte{0x00}};
  for (const auto& inflater : all_inflaters()) {
    CHECK(unpacked(*inflater, distance_1, true, 100) == ByteVector(4, std::byte{'a'}));
    CHECK(unpacked(*inflater, distance_2, true, 100) == std::nullopt);
  }
}

TEST_CASE("damaged chunks end in a refusal or in other bytes, never in a crash", "[chunk_codec]") {
  const ByteVector input = mixed_bytes(20000);
  const auto inflaters = all_inflaters();
  std::mt19937 generator(7);
  for (const DeflateMethod& method : all_methods()) {
    const auto deflater = make_chunk_deflater(method);
    const bool last = method.level % 2 == 0;
    const ByteVector chunk = packed(*deflater, input, last);
    for (int round = 0; round < 60; ++round) {
      ByteVector damaged = chunk;
      for (int hit = 0; hit <= round % 3; ++hit) {
        damaged[generator() % damaged.size()] ^= std::byte{1} << (generator() % 8);
      }
      for (const auto& inflater : inflaters) {
        const auto output = unpacked(*inflater, damaged, last, input.size());
        CHECK((!output || output->size() <= input.size()));
      }
    }
  }
  for (unsigned seed = 0; seed < 300; ++seed) {
    ByteVector noise = random_bytes(200, seed);
    noise[0] = (noise[0] & std::byte{0xf8}) | std::byte{0x05};  // a dynamic block
    for (const auto& inflater : inflaters) {
      CHECK(unpacked(*inflater, noise, true, 4096).value_or(ByteVector{}).size() <= 4096);
    }
  }
}

TEST_CASE("an inflater that refused a chunk inflates the next one", "[chunk_codec]") {
  const ByteVector input = text_bytes(50000);
  const ByteVector chunk = packed(input, false);
  for (const auto& inflater : all_inflaters()) {
    CHECK(unpacked(*inflater, random_bytes(5000), true, 50000) == std::nullopt);
    CHECK(unpacked(*inflater, chunk, false, 49999) == std::nullopt);
    CHECK((unpacked(*inflater, chunk, false, 50000) == input));
  }
}

TEST_CASE("the CRC-32 of chunks is that of the whole", "[chunk_codec]") {
  const ByteVector all = mixed_bytes(100001);
  const std::span<const std::byte> bytes(all);
  CHECK(chunk_crc32({}) == 0);
  CHECK(chunk_crc32(bytes) == crc32_update(0, bytes));
  for (const std::size_t cut : {std::size_t{0}, std::size_t{1}, std::size_t{65536}, all.size()}) {
    const auto tail = bytes.subspan(cut);
    CHECK(join_crc32(chunk_crc32(bytes.first(cut)), chunk_crc32(tail), tail.size()) ==
          crc32_update(0, bytes));
  }
}
