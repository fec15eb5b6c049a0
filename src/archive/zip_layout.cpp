// SPDX-License-Identifier: MIT
#include "zip_layout.hpp"

#include <algorithm>
#include <numeric>

#include "a2a_backup/core/text.hpp"

namespace a2a_backup {
namespace {

constexpr std::uint64_t max_descriptor = 24;
constexpr std::uint64_t usual_extra_size = 64;

void compare_headers(const EntryPlace& place, const HeaderFields& central,
                     const HeaderFields& local) {
  if (local.name != central.name) place.refuse("has another name in its local header");
  if (((local.flags ^ central.flags) & ~flag::level) != 0) {
    place.refuse("has other flags in its local header");
  }
  if (local.method != central.method) place.refuse("has another method in its local header");
  // A writer that could not seek back left zeros and put the numbers after the data.
  const bool streamed = (central.flags & flag::streamed) != 0;
  const auto agrees = [streamed](std::uint64_t in_local, std::uint64_t in_central) {
    return in_local == in_central || (streamed && in_local == 0);
  };
  if (!agrees(local.size, central.size) ||
      !agrees(local.compressed_size, central.compressed_size)) {
    place.refuse("has another size in its local header");
  }
  if (!agrees(local.crc32, central.crc32)) {
    place.refuse("has another checksum in its local header");
  }
}

/// Goes through the entries in the order in which they stand in the file.
class Walk {
 public:
  Walk(const RandomAccess& file, std::uint64_t end) : file_(file), end_(end) {}

  /// Returns where the entry's data starts.
  std::uint64_t visit(const CentralHeader& header) {
    const EntryPlace place{file_, header.name};
    const std::uint64_t start = header.local_offset;
    if (start > end_ || end_ - start < local_header_size) {
      place.refuse("is not where the directory says");
    }
    const std::size_t gap = check_gap(place, start);
    // One read brings the descriptor before the header, and almost always the whole header.
    read(gap + local_header_size + header.name.size() + usual_extra_size);
    check_descriptor(Bytes(buffer_).first(gap));
    const std::size_t length = local_header_length(place, Bytes(buffer_).subspan(gap));
    const std::uint64_t left = end_ - start;
    if (length > left || header.compressed_size > left - length) {
      place.refuse("runs into the directory");
    }
    if (gap + length > buffer_.size()) read(gap + length);
    compare_headers(place, header, parse_local_header(place, Bytes(buffer_).subspan(gap, length)));
    position_ = start + length + header.compressed_size;
    previous_ = &header;
    return start + length;
  }

  void finish() {
    const std::size_t gap = check_gap({file_, {}}, end_);
    read(gap);
    check_descriptor(buffer_);
  }

 private:
  /// The bytes between the previous entry's data and `next`: a data descriptor at most.
  std::size_t check_gap(const EntryPlace& place, std::uint64_t next) const {
    if (next < position_) place.refuse("overlaps another entry");
    if (previous_ == nullptr && next != 0) {
      refuse_archive(file_, "has " + plural(next, "byte") + " before its first entry");
    }
    if (next - position_ > max_descriptor) {
      EntryPlace{file_, previous_->name}.refuse(
          "is followed by " + plural(next - position_, "byte") + " that belong to no entry");
    }
    return static_cast<std::size_t>(next - position_);
  }

  void check_descriptor(Bytes bytes) const {
    if (previous_ == nullptr) return;
    const bool streamed = (previous_->flags & flag::streamed) != 0;
    if (streamed ? is_descriptor_of(*previous_, bytes) : bytes.empty()) return;
    EntryPlace{file_, previous_->name}.refuse(
        streamed ? "has no data descriptor that agrees with the directory"
                 : "is followed by bytes that belong to no entry");
  }

  /// Fills the buffer from position_ on, up to `size` bytes and not beyond the entries.
  void read(std::uint64_t size) {
    buffer_.resize(static_cast<std::size_t>(std::min(size, end_ - position_)));
    if (!buffer_.empty()) file_.read_at(position_, buffer_);
  }

  const RandomAccess& file_;
  std::uint64_t end_;
  std::uint64_t position_ = 0;  ///< where the data of the previous entry ended
  const HeaderFields* previous_ = nullptr;
  std::vector<std::byte> buffer_;
};

}  // namespace

std::vector<std::uint64_t> locate_data(const RandomAccess& file,
                                       const std::vector<CentralHeader>& headers,
                                       std::uint64_t directory_offset) {
  std::vector<std::size_t> order(headers.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&headers](std::size_t a, std::size_t b) {
    return headers[a].local_offset < headers[b].local_offset;
  });
  std::vector<std::uint64_t> offsets(headers.size());
  Walk walk(file, directory_offset);
  for (const std::size_t index : order) offsets[index] = walk.visit(headers[index]);
  walk.finish();
  return offsets;
}

}  // namespace a2a_backup
