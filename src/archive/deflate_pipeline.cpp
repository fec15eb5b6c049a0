// SPDX-License-Identifier: MIT
#include "a2a_backup/archive/deflate_pipeline.hpp"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <optional>
#include <string>
#include <utility>

#include "a2a_backup/archive/chunk_codec.hpp"
#include "a2a_backup/archive/packed_entry.hpp"
#include "a2a_backup/core/digest.hpp"
#include "a2a_backup/core/error.hpp"
#include "chunk_reader.hpp"

namespace a2a_backup {
namespace {

const DeflateOptions& checked(const DeflateOptions& options) {
  if (options.chunk_size < min_chunk_size || options.chunk_size > max_chunk_size) {
    throw Error(ErrorKind::usage,
                "chunks of " + std::to_string(options.chunk_size) + " bytes are not possible",
                "choose a chunk size from 4 KiB to 4 MiB");
  }
  return options;
}

/// Input and output, and of the inflated and the packed copy that a worker has for itself one:
/// there are two slots for each worker.
std::size_t slot_bytes(std::size_t chunk_size) {
  return 2 * chunk_size + chunk_bound(chunk_size);
}

}  // namespace

/// What each thread that compresses has for itself.
struct DeflatePipeline::Worker {
  /// Whether the output of `chunk`, which nobody has vouched for, inflates to its input.
  bool holds_its_input(const Chunk& chunk) {
    if (!inflater) inflater = make_chunk_inflater();
    const auto input = chunk.input.bytes();
    const auto room = inflated.room(input.size());
    const auto size = inflater->inflate(chunk.output.bytes(), chunk.last, room);
    return size == input.size() && chunk_crc32(room) == chunk.crc32 &&
           (input.empty() || std::memcmp(input.data(), room.data(), input.size()) == 0);
  }

  std::unique_ptr<ChunkDeflater> deflater;
  std::unique_ptr<ChunkInflater> inflater;
  ChunkBuffer inflated;
};

struct DeflatePipeline::State {
  State(std::unique_ptr<Reader> reader, const DeflateOptions& wanted,
        std::shared_ptr<const PackedEntry> other)
      : input(std::move(reader)),
        options(checked(wanted)),
        before(std::move(other)),
        method(deflate_method(options.level)),
        size(ring_size(options.jobs, slot_bytes(options.chunk_size))),
        workers(size.jobs),
        ring({[this](Chunk& chunk) { fill(chunk); }, [this](const Chunk& chunk) { hash(chunk); },
              [this](Chunk& chunk, unsigned worker) { pack(chunk, workers[worker]); }},
             size) {}

  /// Reads one byte more than a chunk holds: that tells whether this chunk is the last.
  void fill(Chunk& chunk) {
    const auto room = chunk.input.room(options.chunk_size + 1);
    const std::size_t carried = surplus ? 1 : 0;
    if (surplus) room.front() = *surplus;
    const std::size_t size_read = carried + read_full(*input, room.subspan(carried));
    chunk.last = size_read <= options.chunk_size;
    if (!chunk.last) surplus = room.back();
    chunk.input.set_size(std::min(size_read, options.chunk_size));
  }

  /// The CRC-32 is to show that it hashed what was compressed.
  void hash(const Chunk& chunk) {
    const auto data = chunk.input.bytes();
    sha256.update(data);
    hashed_crc32 = join_crc32(hashed_crc32, chunk_crc32(data), data.size());
  }

  void pack(Chunk& chunk, Worker& worker) {
    chunk.crc32 = chunk_crc32(chunk.input.bytes());
    const auto room = chunk.output.room(chunk_bound(options.chunk_size));
    chunk.taken_over = take_over(chunk, room, worker);
    if (!chunk.taken_over) deflate(chunk, room, worker);
    chunk.packed_crc32 = chunk_crc32(chunk.output.bytes());
  }

  void deflate(Chunk& chunk, std::span<std::byte> room, Worker& worker) const {
    if (!worker.deflater) worker.deflater = make_chunk_deflater(method);
    chunk.output.set_size(worker.deflater->deflate(chunk.input.bytes(), chunk.last, room));
    if (!worker.holds_its_input(chunk)) refuse("does not inflate to what went into it");
  }

  [[noreturn]] static void refuse(const std::string& problem) {
    throw Error(ErrorKind::failed, "what was compressed " + problem,
                "try again; when it stays so, the memory or the processor may be failing");
  }

  bool take_over(Chunk& chunk, std::span<std::byte> room, Worker& worker) {
    if (!before || before->chunk_size() != options.chunk_size) return false;
    const ChunkContent content{chunk.input.bytes().size(), chunk.crc32, chunk.last};
    if (!before->seems_to_hold(chunk.index, content)) return false;
    chunk.output.set_size(before->take(chunk.index, room));
    if (worker.holds_its_input(chunk)) return true;
    ++bad_before;
    return false;
  }

  void note(const Chunk& chunk) {
    const std::size_t size_read = chunk.input.bytes().size();
    const std::size_t size_written = chunk.output.bytes().size();
    facts.size += size_read;
    facts.compressed_size += size_written;
    facts.crc32 = join_crc32(facts.crc32, chunk.crc32, size_read);
    facts.chunks.push_back(size_written);
    facts.chunk_crc32s.push_back(chunk.crc32);
    facts.packed_crc32s.push_back(chunk.packed_crc32);
    if (chunk.taken_over) facts.taken_over += size_read;
    if (!chunk.last) return;
    if (facts.crc32 != hashed_crc32) refuse("is not what was hashed");
    facts.sha256 = sha256.finish();
    facts.bad_before = bad_before;
  }

  const std::unique_ptr<Reader> input;
  const DeflateOptions options;
  const std::shared_ptr<const PackedEntry> before;
  const DeflateMethod method;
  const RingSize size;
  std::optional<std::byte> surplus;  ///< read, but it belongs to the chunk to come
  Sha256 sha256;
  std::uint32_t hashed_crc32 = 0;  ///< of what went into it
  std::vector<Worker> workers;
  std::atomic<std::uint64_t> bad_before = 0;
  EntryFacts facts;
  ChunkRing ring;  ///< behind all that its threads use
  ChunkReader output{ring};
};

DeflatePipeline::DeflatePipeline(std::unique_ptr<Reader> input, const DeflateOptions& options,
                                 std::shared_ptr<const PackedEntry> before)
    : state_(std::make_unique<State>(std::move(input), options, std::move(before))) {}
DeflatePipeline::~DeflatePipeline() = default;

std::size_t DeflatePipeline::read(std::span<std::byte> buffer) {
  return state_->output.read(buffer, [this](const Chunk& chunk) { state_->note(chunk); });
}

const EntryFacts& DeflatePipeline::facts() const {
  return state_->facts;
}

}  // namespace a2a_backup
