// SPDX-License-Identifier: MIT
#include <numeric>

#include "a2a_backup/archive/chunk_codec.hpp"
#include "a2a_backup/archive/deflate_pipeline.hpp"
#include "a2a_backup/core/digest.hpp"
#include "a2a_backup/core/error.hpp"
#include "catch.hpp"
#include "chunk_samples.hpp"

using namespace a2a_backup;
using namespace a2a_backup::test;
using Catch::Matchers::ContainsSubstring;

namespace {

constexpr std::size_t chunk = 4096;

struct Result {
  ByteVector stream;
  EntryFacts facts;
};

Result run(std::unique_ptr<Reader> input, const DeflateOptions& options, std::size_t piece = 8192) {
  DeflatePipeline pipeline(std::move(input), options);
  Result result;
  result.stream = drain(pipeline, piece);
  result.facts = pipeline.facts();
  return result;
}

Result run(const ByteVector& input, const DeflateOptions& options, std::size_t piece = 8192) {
  return run(std::make_unique<BytesReader>(input), options, piece);
}

/// What the chunks of `result` hold, each inflated by itself.
ByteVector inflate_chunks(const Result& result, std::size_t chunk_size) {
  const auto inflater = make_chunk_inflater();
  ByteVector all;
  ByteVector output(chunk_size);
  std::span<const std::byte> left(result.stream);
  for (const std::uint64_t size : result.facts.chunks) {
    REQUIRE(size <= left.size());
    const bool last = size == left.size();
    const auto written = inflater->inflate(left.first(size), last, output);
    REQUIRE(written);
    REQUIRE((last || *written == chunk_size));
    all.insert(all.end(), output.begin(), output.begin() + static_cast<std::ptrdiff_t>(*written));
    left = left.subspan(size);
  }
  REQUIRE(left.empty());
  return all;
}

void check_facts(const EntryFacts& facts, const ByteVector& input, const ByteVector& stream,
                 std::size_t chunk_size) {
  CHECK(facts.size == input.size());
  CHECK(facts.compressed_size == stream.size());
  CHECK(facts.crc32 == crc32_update(0, input));
  Sha256 sha256;
  sha256.update(input);
  CHECK(facts.sha256 == sha256.finish());
  CHECK(facts.chunks.size() ==
        std::max(std::size_t{1}, (input.size() + chunk_size - 1) / chunk_size));
  CHECK(std::accumulate(facts.chunks.begin(), facts.chunks.end(), std::uint64_t{0}) ==
        stream.size());
}

void check_round_trip(const ByteVector& input, const DeflateOptions& options) {
  CAPTURE(input.size(), options.level, options.chunk_size, options.jobs);
  const Result result = run(input, options);
  CHECK((zlib_inflate(result.stream) == input));
  CHECK((inflate_chunks(result, options.chunk_size) == input));
  check_facts(result.facts, input, result.stream, options.chunk_size);
}

}  // namespace

TEST_CASE("a deflated entry is inflated whole and chunk by chunk", "[deflate_pipeline]") {
  const unsigned jobs = GENERATE(1U, 2U, 4U, 16U);
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, chunk - 1, chunk, chunk + 1,
                                 2 * chunk, 40 * chunk, 40 * chunk + 77}) {
    for (const ByteVector& input :
         {zeros(size), random_bytes(size), text_bytes(size), mixed_bytes(size)}) {
      for (const int level : {0, 1, 6, 9}) check_round_trip(input, {level, chunk, jobs});
    }
  }
}

TEST_CASE("a deflated entry of the usual chunk size is inflated", "[deflate_pipeline]") {
  const unsigned jobs = GENERATE(1U, 3U);
  DeflateOptions options;
  options.jobs = jobs;
  for (options.level = 0; options.level <= 9; ++options.level) {
    check_round_trip(mixed_bytes(options.chunk_size * 2 + 5), options);
  }
}

TEST_CASE("the number of jobs does not show in the stream", "[deflate_pipeline]") {
  const ByteVector input = mixed_bytes(60 * chunk + 5);
  for (const int level : {0, 1, 2, 3, 4, 6, 9}) {
    const ByteVector expected = run(input, {level, chunk, 1}).stream;
    for (const unsigned jobs : {2U, 4U, 16U}) {
      for (int round = 0; round < 3; ++round) {
        CAPTURE(level, jobs);
        CHECK((run(input, {level, chunk, jobs}).stream == expected));
      }
    }
  }
}

TEST_CASE("an empty entry is one chunk", "[deflate_pipeline]") {
  const Result result = run(ByteVector{}, {6, chunk, 4});
  CHECK(result.facts.chunks == std::vector<std::uint64_t>{2});
  CHECK(result.stream == ByteVector{std::byte{3}, std::byte{0}});
  CHECK(result.facts.sha256 == sha256_hex(""));
}

TEST_CASE("neither short reads of the input nor of the output matter", "[deflate_pipeline]") {
  const unsigned jobs = GENERATE(1U, 4U);
  const ByteVector input = mixed_bytes(5 * chunk);
  const ByteVector expected = run(input, {6, chunk, jobs}).stream;
  for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, chunk - 1, chunk + 1}) {
    auto reader = std::make_unique<BytesReader>(input);
    reader->largest_piece = piece;
    CHECK((run(std::move(reader), {6, chunk, jobs}, piece).stream == expected));
  }
}

TEST_CASE("an empty buffer is not the end", "[deflate_pipeline]") {
  DeflatePipeline pipeline(std::make_unique<BytesReader>(text_bytes(chunk)), {6, chunk, 1});
  CHECK(pipeline.read({}) == 0);
  CHECK((zlib_inflate(drain(pipeline)) == text_bytes(chunk)));
  CHECK(pipeline.read({}) == 0);
  ByteVector buffer(10);
  CHECK(pipeline.read(buffer) == 0);
}

TEST_CASE("one job is the caller's thread alone", "[deflate_pipeline]") {
  const auto log = std::make_shared<BytesReader::Log>();
  run(std::make_unique<BytesReader>(text_bytes(20 * chunk), log), {6, chunk, 1});
  CHECK(log->threads == std::set{std::this_thread::get_id()});
}

TEST_CASE("other threads work ahead, but only so far", "[deflate_pipeline]") {
  constexpr unsigned jobs = 3;
  constexpr std::size_t slots = 2 * jobs + 2;
  const auto log = std::make_shared<BytesReader::Log>();
  DeflatePipeline pipeline(std::make_unique<BytesReader>(text_bytes(100 * chunk), log),
                           {6, chunk, jobs});
  CHECK(log->delivered == 0);
  ByteVector buffer(1);
  REQUIRE(pipeline.read(buffer) == 1);
  // Each fill reads a byte of the next chunk.
  CHECK(eventually([&] { return log->delivered == slots * chunk + 1; }));
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  CHECK(log->delivered == slots * chunk + 1);
  // On a busy machine one thread may have done all of it so far, but not to the end.
  drain(pipeline);
  CHECK(log->threads.size() > 1);
}

TEST_CASE("what the input throws arrives in the reading thread", "[deflate_pipeline]") {
  const unsigned jobs = GENERATE(1U, 2U, 4U, 16U);
  for (const std::size_t fail_at : {std::size_t{0}, std::size_t{1}, chunk, chunk + 1, 30 * chunk}) {
    CAPTURE(jobs, fail_at);
    auto reader = std::make_unique<BytesReader>(text_bytes(60 * chunk));
    reader->fail_at = fail_at;
    reader->largest_piece = 1000;
    DeflatePipeline pipeline(std::move(reader), {6, chunk, jobs});
    CHECK_THROWS_WITH(drain(pipeline), ContainsSubstring("on fire"));
    CHECK_THROWS_WITH(drain(pipeline), ContainsSubstring("on fire"));
  }
}

TEST_CASE("an Error of the input keeps its kind", "[deflate_pipeline]") {
  struct Refusing : Reader {
    std::size_t read(std::span<std::byte>) override {
      throw Error(ErrorKind::source, "no rows", "look again");
    }
  };
  DeflatePipeline pipeline(std::make_unique<Refusing>(), {6, chunk, 4});
  try {
    drain(pipeline);
    FAIL("nothing was thrown");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::source);
    CHECK(error.hint() == "look again");
  }
}

TEST_CASE("a pipeline may be given up at any point", "[deflate_pipeline]") {
  const unsigned jobs = GENERATE(1U, 2U, 4U, 16U);
  const ByteVector input = mixed_bytes(50 * chunk);
  for (std::size_t bytes = 0; bytes < 12 * chunk; bytes += 997) {
    const auto log = std::make_shared<BytesReader::Log>();
    {
      DeflatePipeline pipeline(std::make_unique<BytesReader>(input, log), {1, chunk, jobs});
      ByteVector buffer(bytes);
      read_full(pipeline, buffer);
    }
    CHECK(log.use_count() == 1);  // the input is gone
  }
}

TEST_CASE("options out of range are refused", "[deflate_pipeline]") {
  const auto refused = [](const DeflateOptions& options) {
    try {
      DeflatePipeline(std::make_unique<BytesReader>(ByteVector{}), options);
      return false;
    } catch (const Error& error) {
      return error.kind() == ErrorKind::usage;
    }
  };
  CHECK(refused({10, chunk, 1}));
  CHECK(refused({-1, chunk, 1}));
  CHECK(refused({6, 0, 1}));
  CHECK(refused({6, min_chunk_size - 1, 1}));
  CHECK(refused({6, max_chunk_size + 1, 1}));
  CHECK_FALSE(refused({6, max_chunk_size, 0}));
  check_round_trip(text_bytes(3 * chunk), {6, chunk, 0});
}
