// SPDX-License-Identifier: MIT
#include "zip_window_source.hpp"

#include <algorithm>

namespace a2a_backup {
namespace {

/// libzip reads 8 KiB at a time, which is dear when each read is a request to a store.
constexpr std::uint64_t read_ahead = std::uint64_t{256} << 10;

}  // namespace

ZipWindowSource::ZipWindowSource(const RandomAccess& file) : file_(file) {
  zip_error_init(&error_);
}

ZipWindowSource::~ZipWindowSource() {
  zip_error_fini(&error_);
}

void ZipWindowSource::show(std::uint64_t begin, std::uint64_t end) {
  begin_ = std::min(begin, file_.size());
  end_ = std::clamp(end, begin_, file_.size());
}

zip_int64_t ZipWindowSource::callback(void* self, void* data, zip_uint64_t length,
                                      zip_source_cmd_t cmd) {
  auto& source = *static_cast<ZipWindowSource*>(self);
  return source.errors_.guard(source.error_, [&] { return source.handle(data, length, cmd); });
}

zip_int64_t ZipWindowSource::handle(void* data, zip_uint64_t length, zip_source_cmd_t cmd) {
  switch (cmd) {
    case ZIP_SOURCE_SUPPORTS:
      return zip_source_make_command_bitmap(
          ZIP_SOURCE_OPEN, ZIP_SOURCE_READ, ZIP_SOURCE_CLOSE, ZIP_SOURCE_STAT, ZIP_SOURCE_ERROR,
          ZIP_SOURCE_FREE, ZIP_SOURCE_SEEK, ZIP_SOURCE_TELL, ZIP_SOURCE_SUPPORTS, -1);
    case ZIP_SOURCE_OPEN:
      position_ = 0;
      return 0;
    case ZIP_SOURCE_READ:
      return read({static_cast<std::byte*>(data), static_cast<std::size_t>(length)});
    case ZIP_SOURCE_SEEK: {
      const zip_int64_t target =
          zip_source_seek_compute_offset(position_, file_.size(), data, length, &error_);
      if (target < 0) return -1;
      position_ = static_cast<std::uint64_t>(target);
      return 0;
    }
    case ZIP_SOURCE_TELL:
      return static_cast<zip_int64_t>(position_);
    case ZIP_SOURCE_STAT: {
      auto& result = *static_cast<zip_stat_t*>(data);
      zip_stat_init(&result);
      result.size = file_.size();
      result.valid = ZIP_STAT_SIZE;
      return sizeof(zip_stat_t);
    }
    case ZIP_SOURCE_ERROR:
      return zip_error_to_data(&error_, data, length);
    case ZIP_SOURCE_CLOSE:
    case ZIP_SOURCE_FREE:
      return 0;
    default:
      zip_error_set(&error_, ZIP_ER_OPNOTSUPP, 0);
      return -1;
  }
}

zip_int64_t ZipWindowSource::read(std::span<std::byte> out) {
  const auto left = file_.size() - std::min(position_, file_.size());
  out = out.first(static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), left)));
  const std::uint64_t stop = position_ + out.size();
  const std::uint64_t from = std::clamp(position_, begin_, end_);
  const std::uint64_t to = std::clamp(stop, begin_, end_);
  if (to - from < out.size()) std::fill(out.begin(), out.end(), std::byte{0});
  if (from < to) {
    fetch(from, out.subspan(static_cast<std::size_t>(from - position_),
                            static_cast<std::size_t>(to - from)));
  }
  position_ = stop;
  return static_cast<zip_int64_t>(out.size());
}

void ZipWindowSource::fetch(std::uint64_t offset, std::span<std::byte> out) {
  while (!out.empty()) {
    if (offset < buffer_offset_ || offset - buffer_offset_ >= buffer_.size()) {
      buffer_.resize(static_cast<std::size_t>(std::min(read_ahead, end_ - offset)));
      buffer_offset_ = offset;
      file_.read_at(offset, buffer_);
    }
    const auto available =
        std::span(buffer_).subspan(static_cast<std::size_t>(offset - buffer_offset_));
    const std::size_t count = std::min(out.size(), available.size());
    std::copy_n(available.begin(), count, out.begin());
    out = out.subspan(count);
    offset += count;
  }
}

}  // namespace a2a_backup
