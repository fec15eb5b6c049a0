// SPDX-License-Identifier: MIT
#include "a2a_backup/archive/chunk_codec.hpp"
#include "a2a_backup/archive/deflate_pipeline.hpp"
#include "a2a_backup/archive/packed_entry.hpp"
#include "a2a_backup/core/error.hpp"
#include "catch.hpp"
#include "chunk_samples.hpp"

using namespace a2a_backup;
using namespace a2a_backup::test;

namespace {

constexpr std::size_t piece = 4096;
constexpr std::size_t front = 100;  // bytes of the file before the entry

class UnreadableFile : public BytesFile {
 public:
  using BytesFile::BytesFile;
  void read_at(std::uint64_t, std::span<std::byte>) const override {
    throw Error(ErrorKind::failed, "the disk is on fire");
  }
};

struct Packed {
  ByteVector stream;
  EntryFacts facts;
};

Packed pack(const ByteVector& input, const std::shared_ptr<const PackedEntry>& before = nullptr,
            unsigned jobs = 1, std::size_t chunk_size = piece) {
  DeflatePipeline pipeline(std::make_unique<BytesReader>(input),
                           {.level = 6, .chunk_size = chunk_size, .jobs = jobs}, before);
  Packed packed;
  packed.stream = drain(pipeline);
  packed.facts = pipeline.facts();
  return packed;
}

ZipEntry entry_of(const EntryFacts& facts) {
  ZipEntry entry;
  entry.name = "shared/tasks.json";
  entry.method = 8;
  entry.compressed_size = facts.compressed_size;
  entry.size = facts.size;
  entry.data_offset = front;
  return entry;
}

template <class File = BytesFile>
std::shared_ptr<const PackedEntry> archived(const Packed& packed) {
  ByteVector bytes = random_bytes(front);
  bytes.insert(bytes.end(), packed.stream.begin(), packed.stream.end());
  return std::make_shared<PackedEntry>(std::make_shared<File>(bytes), entry_of(packed.facts), piece,
                                       packed.facts.chunks, packed.facts.chunk_crc32s);
}

}  // namespace

TEST_CASE("equal chunks are taken over, and nothing tells the streams apart", "[packed_entry]") {
  const unsigned jobs = GENERATE(1U, 4U);
  const std::size_t size = GENERATE(std::size_t{0}, piece, 20 * piece, 20 * piece + 5);
  const ByteVector input = mixed_bytes(size);
  const Packed first = pack(input);
  const Packed second = pack(input, archived(first), jobs);
  CHECK((second.stream == first.stream));
  CHECK(second.facts.taken_over == size);
  CHECK(second.facts.sha256 == first.facts.sha256);
  CHECK(second.facts.crc32 == first.facts.crc32);
  CHECK(second.facts.chunks == first.facts.chunks);
  CHECK(second.facts.chunk_crc32s == first.facts.chunk_crc32s);
  CHECK(first.facts.taken_over == 0);
}

TEST_CASE("a changed chunk is compressed, the others are taken over", "[packed_entry]") {
  const ByteVector before = mixed_bytes(20 * piece + 5);
  const Packed first = pack(before);
  ByteVector now = before;
  now[3 * piece + 7] ^= std::byte{1};
  const Packed second = pack(now, archived(first), 3);
  CHECK((second.stream == pack(now).stream));
  CHECK(second.facts.taken_over == now.size() - piece);
}

TEST_CASE("the last chunk is taken over as the last one only", "[packed_entry]") {
  const ByteVector longer = mixed_bytes(6 * piece);
  const ByteVector shorter(longer.begin(), longer.begin() + 4 * piece);
  SECTION("the entry has grown") {
    const Packed grown = pack(longer, archived(pack(shorter)));
    CHECK((grown.stream == pack(longer).stream));
    CHECK(grown.facts.taken_over == 3 * piece);
  }
  SECTION("the entry has shrunk") {
    const Packed shrunk = pack(shorter, archived(pack(longer)));
    CHECK((shrunk.stream == pack(shorter).stream));
    CHECK(shrunk.facts.taken_over == 3 * piece);
  }
}

TEST_CASE("chunks of another size are of no use", "[packed_entry]") {
  const ByteVector input = zeros(8 * piece);
  const Packed packed = pack(input, archived(pack(input)), 1, 2 * piece);
  CHECK(packed.facts.taken_over == 0);
  CHECK((zlib_inflate(packed.stream) == input));
}

TEST_CASE("what cannot be read is compressed, and counted", "[packed_entry]") {
  const ByteVector input = mixed_bytes(5 * piece);
  const Packed first = pack(input);
  const Packed second = pack(input, archived<UnreadableFile>(first));
  CHECK(second.facts.taken_over == 0);
  CHECK(second.facts.bad_before == 5);
  CHECK((second.stream == first.stream));
}

TEST_CASE("a chunk that holds something else than is noted is compressed", "[packed_entry]") {
  const unsigned jobs = GENERATE(1U, 3U);
  const ByteVector input = mixed_bytes(20 * piece + 5);
  const Packed first = pack(input);
  Packed lying = first;
  std::size_t compressed_anew = piece;
  SECTION("a byte of it is damaged") {
    lying.stream[static_cast<std::size_t>(first.facts.chunks[0]) + 9] ^= std::byte{4};
  }
  SECTION("it is whole, and has the CRC-32 of another") {
    ByteVector other = input;
    other[2 * piece + 9] ^= std::byte{4};
    lying = pack(other);
    lying.facts.chunk_crc32s = first.facts.chunk_crc32s;
  }
  SECTION("it is the last one, and shorter") {
    lying = pack(ByteVector(input.begin(), input.end() - 1));
    lying.facts.size = first.facts.size;
    lying.facts.chunk_crc32s = first.facts.chunk_crc32s;
    compressed_anew = 5;
  }
  const Packed second = pack(input, archived(lying), jobs);
  CHECK((second.stream == first.stream));
  CHECK(second.facts.bad_before == 1);
  CHECK(second.facts.taken_over == input.size() - compressed_anew);
}

TEST_CASE("lists that do not add up are refused", "[packed_entry]") {
  Packed packed = pack(mixed_bytes(5 * piece));
  SECTION("of sizes") {
    packed.facts.chunks.back() += 1;
  }
  SECTION("of CRC-32s") {
    packed.facts.chunk_crc32s.pop_back();
  }
  CHECK_THROWS_AS(archived(packed), Error);
}
