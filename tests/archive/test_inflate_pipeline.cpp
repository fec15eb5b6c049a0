// SPDX-License-Identifier: MIT
#include <limits>

#include "a2a_backup/archive/deflate_pipeline.hpp"
#include "a2a_backup/archive/inflate_pipeline.hpp"
#include "a2a_backup/core/error.hpp"
#include "catch.hpp"
#include "chunk_samples.hpp"

using namespace a2a_backup;
using namespace a2a_backup::test;
using Catch::Matchers::ContainsSubstring;

namespace {

constexpr std::size_t chunk = 4096;
constexpr std::size_t prefix = 123;  // bytes of the file before the entry

/// A file with one entry, and all that is said about it: a test may change any of it.
struct Packed {
  BytesFile file{{}};
  ZipEntry entry;
  std::uint64_t chunk_size = chunk;
  std::vector<std::uint64_t> chunks;

  InflatePipeline open(unsigned jobs = 2) const {
    return InflatePipeline(file, entry, chunk_size, chunks, jobs);
  }
};

Packed pack(const ByteVector& input, int level = 6, std::size_t chunk_size = chunk) {
  DeflatePipeline pipeline(std::make_unique<BytesReader>(input), {level, chunk_size, 1});
  Packed packed;
  packed.file.bytes = random_bytes(prefix);
  const ByteVector stream = drain(pipeline);
  packed.file.bytes.insert(packed.file.bytes.end(), stream.begin(), stream.end());
  packed.file.bytes.resize(packed.file.bytes.size() + 50);
  const EntryFacts& facts = pipeline.facts();
  packed.entry = {"shared/tasks.json",   8,          facts.crc32,
                  facts.compressed_size, facts.size, std::uint64_t{prefix}};
  packed.chunk_size = chunk_size;
  packed.chunks = facts.chunks;
  return packed;
}

/// Checks that the entry is refused as a damaged archive, with its name and `reason`.
void check_refused(const Packed& packed, const std::string& reason, unsigned jobs = 2) {
  try {
    InflatePipeline pipeline = packed.open(jobs);
    drain(pipeline);
    FAIL("not refused, where this was expected: " << reason);
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::archive);
    CHECK_THAT(error.message(), ContainsSubstring("sample.zip"));
    CHECK_THAT(error.message(), ContainsSubstring("shared/tasks.json"));
    CHECK_THAT(error.message(), ContainsSubstring(reason));
  }
}

}  // namespace

TEST_CASE("an entry is restored from its chunks", "[inflate_pipeline]") {
  const unsigned jobs = GENERATE(0U, 1U, 2U, 4U, 16U);
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, chunk - 1, chunk, chunk + 1,
                                 2 * chunk, 40 * chunk, 40 * chunk + 77}) {
    for (const ByteVector& input : {zeros(size), random_bytes(size), mixed_bytes(size)}) {
      for (const int level : {0, 1, 6}) {
        CAPTURE(jobs, size, level);
        const Packed packed = pack(input, level);
        InflatePipeline pipeline = packed.open(jobs);
        CHECK((drain(pipeline, 3000) == input));
        ByteVector more(1);
        CHECK(pipeline.read(more) == 0);
      }
    }
  }
}

TEST_CASE("an entry of large chunks is restored", "[inflate_pipeline]") {
  const std::size_t chunk_size = GENERATE(std::size_t{512} << 10, std::size_t{4} << 20);
  const ByteVector input = mixed_bytes(2 * chunk_size + 1);
  const Packed packed = pack(input, 1, chunk_size);
  InflatePipeline pipeline = packed.open(16);
  CHECK((drain(pipeline, 100000) == input));
}

TEST_CASE("a list of chunks that does not add up is refused", "[inflate_pipeline]") {
  Packed packed = pack(text_bytes(5 * chunk + 10));
  REQUIRE(packed.chunks.size() == 6);
  SECTION("no chunks") {
    packed.chunks.clear();
    check_refused(packed, "0 chunks");
  }
  SECTION("one too few") {
    packed.entry.compressed_size -= packed.chunks.back();
    packed.chunks.pop_back();
    check_refused(packed, "5 chunks where its size needs 6");
  }
  SECTION("one too many") {
    packed.chunks.push_back(2);
    packed.entry.compressed_size += 2;
    check_refused(packed, "7 chunks");
  }
  SECTION("more bytes than the entry has") {
    ++packed.chunks[2];
    check_refused(packed, "more bytes than its data");
  }
  SECTION("fewer bytes than the entry has") {
    --packed.chunks[2];
    check_refused(packed, "fewer bytes than its data");
  }
  SECTION("sizes that overflow to the right sum") {
    const std::uint64_t sum = packed.chunks[0] + packed.chunks[1];
    packed.chunks[0] = std::numeric_limits<std::uint64_t>::max() - 1;
    packed.chunks[1] = sum + 2;
    check_refused(packed, "cannot be");
  }
  SECTION("an empty chunk") {
    packed.chunks[1] += packed.chunks[0];
    packed.chunks[0] = 0;
    check_refused(packed, "a chunk of 0 bytes");
  }
  SECTION("an absurd chunk size") {
    for (const std::uint64_t size :
         {std::uint64_t{0}, std::uint64_t{4095}, (std::uint64_t{4} << 20) + 1,
          std::numeric_limits<std::uint64_t>::max()}) {
      packed.chunk_size = size;
      check_refused(packed, "4 KiB to 4 MiB");
    }
  }
  SECTION("an absurd size") {
    packed.entry.size = std::numeric_limits<std::uint64_t>::max();
    check_refused(packed, "6 chunks");
  }
  SECTION("an entry that is stored") {
    packed.entry.method = 0;
    check_refused(packed, "not deflated");
  }
  SECTION("data behind the end of the file") {
    packed.entry.data_offset = packed.file.size() - packed.entry.compressed_size + 1;
    check_refused(packed, "end of the file");
    packed.entry.data_offset = std::numeric_limits<std::uint64_t>::max();
    check_refused(packed, "end of the file");
  }
}

TEST_CASE("chunks of another size than the list says are refused", "[inflate_pipeline]") {
  Packed packed = pack(text_bytes(5 * chunk + 10));
  SECTION("bytes moved from one to the next") {
    --packed.chunks[2];
    ++packed.chunks[3];
    check_refused(packed, "chunk 3 of 6 is damaged");
  }
  SECTION("a last chunk that is longer") {
    --packed.entry.size;
    check_refused(packed, "chunk 6 of 6 is damaged");
  }
  SECTION("a last chunk that is shorter") {
    ++packed.entry.size;
    check_refused(packed, "chunk 6 of 6 holds too few bytes");
  }
  SECTION("all are shorter") {
    packed.chunk_size = chunk + 1;
    check_refused(packed, "chunk 1 of 6 holds too few bytes");
  }
}

TEST_CASE("every damaged byte of an entry is noticed", "[inflate_pipeline]") {
  const unsigned jobs = GENERATE(1U, 4U);
  const ByteVector input = mixed_bytes(3 * chunk);
  const Packed good = pack(input, GENERATE(0, 6));
  std::size_t harmless = 0;
  for (std::size_t i = 0; i < good.entry.compressed_size; i += 3) {
    Packed packed = good;
    packed.file.bytes[prefix + i] ^= std::byte{0x10};
    CAPTURE(i);
    try {
      InflatePipeline pipeline = packed.open(jobs);
      const ByteVector output = drain(pipeline);
      CHECK((output == input));
      ++harmless;
    } catch (const Error& error) {
      CHECK(error.kind() == ErrorKind::archive);
      CHECK_THAT(error.message(), ContainsSubstring("damaged data"));
    }
  }
  CHECK(harmless <= 3);  // the padding before a stored block means nothing
}

TEST_CASE("a wrong CRC-32 is refused for good", "[inflate_pipeline]") {
  const unsigned jobs = GENERATE(1U, 4U);
  for (const std::size_t size : {std::size_t{0}, 10 * chunk}) {
    Packed packed = pack(text_bytes(size));
    packed.entry.crc32 ^= 1U;
    InflatePipeline pipeline = packed.open(jobs);
    CHECK_THROWS_WITH(drain(pipeline), ContainsSubstring("CRC-32"));
    CHECK_THROWS_WITH(drain(pipeline), ContainsSubstring("CRC-32"));
  }
}

TEST_CASE("of several damaged chunks the first is named", "[inflate_pipeline]") {
  const unsigned jobs = GENERATE(1U, 2U, 16U);
  constexpr std::size_t first = 8;
  Packed packed = pack(text_bytes(40 * chunk));
  std::vector<std::uint64_t> offsets;
  for (std::size_t position = prefix; const std::uint64_t size : packed.chunks) {
    if (offsets.size() >= first) {
      packed.file.bytes[position] |= std::byte{0x06};  // the reserved block type
    }
    offsets.push_back(position);
    position += size;
  }
  SECTION("in any order") {
    for (int round = 0; round < 50; ++round) check_refused(packed, "chunk 9 of 40", jobs);
  }
  SECTION("even when the next is found first") {
    std::atomic<bool> next_is_read = jobs == 1;
    packed.file.before_read = [&](std::uint64_t offset) {
      if (offset == offsets[first + 1]) next_is_read = true;
      if (offset != offsets[first]) return;
      eventually([&] { return next_is_read.load(); });
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    };
    check_refused(packed, "chunk 9 of 40", jobs);
  }
}

TEST_CASE("what the file throws arrives in the reading thread", "[inflate_pipeline]") {
  const unsigned jobs = GENERATE(1U, 2U, 16U);
  Packed packed = pack(text_bytes(40 * chunk));
  for (const std::size_t position :
       {prefix, prefix + packed.chunks[0] + 1, prefix + packed.entry.compressed_size - 1}) {
    packed.file.fail_at = position;
    InflatePipeline pipeline = packed.open(jobs);
    CHECK_THROWS_WITH(drain(pipeline), ContainsSubstring("on fire"));
    CHECK_THROWS_WITH(drain(pipeline), ContainsSubstring("on fire"));
  }
}

TEST_CASE("an inflating pipeline may be given up at any point", "[inflate_pipeline]") {
  const unsigned jobs = GENERATE(1U, 2U, 4U, 16U);
  const ByteVector input = mixed_bytes(50 * chunk);
  const Packed packed = pack(input, 1);
  for (std::size_t bytes = 0; bytes < 12 * chunk; bytes += 997) {
    InflatePipeline pipeline = packed.open(jobs);
    ByteVector buffer(bytes);
    CHECK(read_full(pipeline, buffer) == bytes);
    CHECK(std::equal(buffer.begin(), buffer.end(), input.begin()));
  }
}
