// SPDX-License-Identifier: MIT
#include "a2a_backup/archive/inflate_pipeline.hpp"

#include <string>
#include <utility>

#include "a2a_backup/archive/chunk_codec.hpp"
#include "a2a_backup/core/text.hpp"
#include "chunk_list.hpp"
#include "chunk_reader.hpp"

namespace a2a_backup {
struct InflatePipeline::State {
  State(const RandomAccess& opened, const ZipEntry& described, std::uint64_t bytes_per_chunk,
        std::vector<std::uint64_t> sizes, unsigned jobs, PlaceBytes placed)
      : file(opened),
        entry(described),
        chunk_size(checked(bytes_per_chunk, sizes)),
        chunks(std::move(sizes)),
        place_bytes(std::move(placed)),
        next_offset(entry.data_offset),
        size(ring_size(jobs, chunk_size + chunk_bound(chunk_size))),
        inflaters(size.jobs),
        ring({[this](Chunk& chunk) { fill(chunk); },
              {},
              [this](Chunk& chunk, unsigned worker) { inflate(chunk, worker); }},
             size) {}

  EntryPlace place() const { return {file, entry.name}; }

  std::size_t checked(std::uint64_t bytes_per_chunk,
                      const std::vector<std::uint64_t>& sizes) const {
    check_chunks(place(), entry, bytes_per_chunk, sizes);
    return static_cast<std::size_t>(bytes_per_chunk);
  }

  /// Only says what to read: workers do that themselves, side by side.
  void fill(Chunk& chunk) {
    const auto index = static_cast<std::size_t>(chunk.index);
    chunk.last = index + 1 == chunks.size();
    chunk.offset = next_offset;
    chunk.input.room(chunk_bound(chunk_size));
    chunk.input.set_size(static_cast<std::size_t>(chunks[index]));
    chunk.output.room(chunk_size);
    chunk.output.set_size(chunk.last ? static_cast<std::size_t>(entry.size - index * chunk_size)
                                     : chunk_size);
    next_offset += chunks[index];
  }

  void inflate(Chunk& chunk, unsigned worker) {
    auto& inflater = inflaters[worker];
    if (!inflater) inflater = make_chunk_inflater();
    const auto packed = chunk.input.bytes();
    const auto data = chunk.output.bytes();
    file.read_at(chunk.offset, chunk.input.room(packed.size()));
    const auto written = inflater->inflate(packed, chunk.last, chunk.output.room(data.size()));
    if (!written) refuse_chunk(chunk, "is damaged");
    if (*written != data.size()) refuse_chunk(chunk, "holds too few bytes");
    chunk.crc32 = chunk_crc32(data);
    if (place_bytes) place_bytes(chunk.index * chunk_size, data);
  }

  [[noreturn]] void refuse_chunk(const Chunk& chunk, const std::string& reason) const {
    place().refuse("holds damaged data: chunk " + format_count(chunk.index + 1) + " of " +
                   format_count(chunks.size()) + " " + reason);
  }

  void check_crc() const {
    if (crc32 != entry.crc32) {
      place().refuse("holds damaged data: its checksum (CRC-32) is wrong");
    }
  }

  const RandomAccess& file;
  const ZipEntry entry;
  const std::size_t chunk_size;
  const std::vector<std::uint64_t> chunks;
  const PlaceBytes place_bytes;
  std::uint64_t next_offset;
  const RingSize size;
  std::vector<std::unique_ptr<ChunkInflater>> inflaters;  ///< one for each worker
  std::uint32_t crc32 = 0;
  ChunkRing ring;  ///< behind all that its threads use
  ChunkReader output{ring};
};

InflatePipeline::InflatePipeline(const RandomAccess& file, const ZipEntry& entry,
                                 std::uint64_t chunk_size, std::vector<std::uint64_t> chunks,
                                 unsigned jobs, PlaceBytes place)
    : state_(std::make_unique<State>(file, entry, chunk_size, std::move(chunks), jobs,
                                     std::move(place))) {}
InflatePipeline::~InflatePipeline() = default;

std::size_t InflatePipeline::read(std::span<std::byte> buffer) {
  const std::size_t got = state_->output.read(buffer, [this](const Chunk& chunk) {
    state_->crc32 = join_crc32(state_->crc32, chunk.crc32, chunk.output.bytes().size());
  });
  if (got == 0 && !buffer.empty()) state_->check_crc();
  return got;
}

}  // namespace a2a_backup
