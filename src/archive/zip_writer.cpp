// SPDX-License-Identifier: MIT
#include "a2a_backup/archive/zip_writer.hpp"

#include <zip.h>

#include <algorithm>

#include "a2a_backup/core/interrupt.hpp"
#include "zip_callback_errors.hpp"
#include "zip_output.hpp"

namespace a2a_backup {
namespace {

/// Regular file, 0644, as a Unix zip notes it in the upper half of the external attributes.
constexpr zip_uint32_t entry_attributes = static_cast<zip_uint32_t>(0100644) << 16U;

/// One entry, handed to libzip as ready-made deflate data. libzip asks for the sizes and the CRC a
/// second time after the last read, when they are known.
class ZipEntrySource {
 public:
  ZipEntrySource(ZipInput input, const DeflateOptions& options, CallbackErrors& errors)
      : input_(std::move(input)), options_(options), errors_(errors) {
    zip_error_init(&error_);
  }

  static zip_int64_t callback(void* self, void* data, zip_uint64_t length, zip_source_cmd_t cmd) {
    auto& entry = *static_cast<ZipEntrySource*>(self);
    return entry.errors_.guard(entry.error_, [&] { return entry.handle(data, length, cmd); });
  }
  const EntryFacts& facts() const { return facts_; }

 private:
  zip_int64_t handle(void* data, zip_uint64_t length, zip_source_cmd_t cmd) {
    switch (cmd) {
      case ZIP_SOURCE_SUPPORTS:
        return zip_source_make_command_bitmap(ZIP_SOURCE_OPEN, ZIP_SOURCE_READ, ZIP_SOURCE_CLOSE,
                                              ZIP_SOURCE_STAT, ZIP_SOURCE_ERROR, ZIP_SOURCE_FREE,
                                              -1);
      case ZIP_SOURCE_OPEN:
        pipeline_ = std::make_unique<DeflatePipeline>(input_.open(), options_, input_.before);
        return 0;
      case ZIP_SOURCE_READ:
        return read(std::span(static_cast<std::byte*>(data), length));
      case ZIP_SOURCE_CLOSE:
        pipeline_.reset();
        return 0;
      case ZIP_SOURCE_STAT:
        return stat(*static_cast<zip_stat_t*>(data));
      case ZIP_SOURCE_ERROR:
        return zip_error_to_data(&error_, data, length);
      default:
        return 0;
    }
  }

  zip_int64_t read(std::span<std::byte> buffer) {
    check_interrupt();
    const std::size_t got = pipeline_->read(buffer);
    if (got == 0 && !finished_) {
      facts_ = pipeline_->facts();
      finished_ = true;
    }
    return static_cast<zip_int64_t>(got);
  }

  zip_int64_t stat(zip_stat_t& result) const {
    zip_stat_init(&result);
    result.comp_method = ZIP_CM_DEFLATE;
    result.valid = ZIP_STAT_COMP_METHOD;
    if (input_.size) {
      result.size = *input_.size;
      result.valid |= ZIP_STAT_SIZE;
    }
    if (finished_) {
      result.size = facts_.size;
      result.comp_size = facts_.compressed_size;
      result.crc = facts_.crc32;
      result.valid |= ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE | ZIP_STAT_CRC;
    }
    return sizeof(zip_stat_t);
  }

  ZipInput input_;
  DeflateOptions options_;
  CallbackErrors& errors_;
  zip_error_t error_{};
  std::unique_ptr<DeflatePipeline> pipeline_;
  EntryFacts facts_;
  bool finished_ = false;
};

class TextReader : public Reader {
 public:
  explicit TextReader(std::string text) : text_(std::move(text)) {}
  std::size_t read(std::span<std::byte> buffer) override {
    const std::size_t count = std::min(buffer.size(), text_.size() - position_);
    const auto data = std::as_bytes(std::span(text_)).subspan(position_, count);
    std::copy(data.begin(), data.end(), buffer.begin());
    position_ += count;
    return count;
  }

 private:
  std::string text_;
  std::size_t position_ = 0;
};

/// libzip turns a time_t into the zip's wall-clock fields through local time. The fields are meant
/// to be UTC here, so they are set directly (MS-DOS format: APPNOTE.TXT 4.4.6).
std::pair<zip_uint16_t, zip_uint16_t> dos_time(TimePoint time) {
  using namespace std::chrono;
  const sys_days day = std::max(floor<days>(time), sys_days{year{1980} / 1 / 1});
  const year_month_day date(day);
  const hh_mm_ss clock(floor<seconds>(std::max(time - day, microseconds{0})));
  const auto dos_date = (static_cast<unsigned>(static_cast<int>(date.year()) - 1980) << 9U) |
                        (static_cast<unsigned>(date.month()) << 5U) |
                        static_cast<unsigned>(date.day());
  const auto dos_clock = (static_cast<unsigned>(clock.hours().count()) << 11U) |
                         (static_cast<unsigned>(clock.minutes().count()) << 5U) |
                         (static_cast<unsigned>(clock.seconds().count()) / 2);
  return {static_cast<zip_uint16_t>(dos_clock), static_cast<zip_uint16_t>(dos_date)};
}

/// The zip being built; discarded unless close() is reached.
class Zip {
 public:
  explicit Zip(ZipOutput& output, CallbackErrors& errors) : errors_(errors) {
    zip_error_t error;
    zip_error_init(&error);
    zip_source_t* target = zip_source_function_create(ZipOutput::callback, &output, &error);
    zip_ = target == nullptr ? nullptr
                             : zip_open_from_source(target, ZIP_CREATE | ZIP_TRUNCATE, &error);
    if (zip_ == nullptr) {
      if (target != nullptr) zip_source_free(target);
      throw Error(ErrorKind::failed, std::string("libzip: ") + zip_error_strerror(&error));
    }
  }
  ~Zip() {
    if (zip_ != nullptr) zip_discard(zip_);
  }
  Zip(const Zip&) = delete;
  Zip& operator=(const Zip&) = delete;

  void add(const std::string& name, TimePoint mtime, ZipEntrySource& entry) {
    zip_source_t* source = zip_source_function(zip_, ZipEntrySource::callback, &entry);
    const zip_int64_t index =
        source == nullptr ? -1 : zip_file_add(zip_, name.c_str(), source, ZIP_FL_ENC_UTF_8);
    if (index < 0) {
      if (source != nullptr) zip_source_free(source);
      fail();
    }
    const auto position = static_cast<zip_uint64_t>(index);
    const auto [clock, date] = dos_time(mtime);
    if (zip_file_set_dostime(zip_, position, clock, date, 0) != 0 ||
        zip_file_set_external_attributes(zip_, position, 0, ZIP_OPSYS_UNIX, entry_attributes) !=
            0) {
      fail();
    }
  }

  void close() {
    if (zip_close(zip_) != 0) fail();
    zip_ = nullptr;
    errors_.rethrow();
  }

 private:
  [[noreturn]] void fail() {
    errors_.rethrow();
    throw Error(ErrorKind::failed, std::string("libzip: ") + zip_strerror(zip_));
  }

  CallbackErrors& errors_;
  zip_t* zip_ = nullptr;
};

}  // namespace

void write_zip(int fd, const fs::path& path, const std::vector<ZipInput>& inputs,
               const std::string& last_name, TimePoint last_mtime,
               const std::function<std::string(std::vector<EntryFacts>)>& make_last,
               const DeflateOptions& options) {
  CallbackErrors errors;
  ZipOutput output(fd, path, errors);
  std::vector<std::unique_ptr<ZipEntrySource>> entries;
  for (const ZipInput& input : inputs) {
    entries.push_back(std::make_unique<ZipEntrySource>(input, options, errors));
  }
  const auto open_last = [&]() -> std::unique_ptr<Reader> {
    std::vector<EntryFacts> facts;
    for (const auto& entry : entries) facts.push_back(entry->facts());
    return std::make_unique<TextReader>(make_last(std::move(facts)));
  };
  ZipEntrySource last({last_name, 0, last_mtime, open_last}, options, errors);

  Zip zip(output, errors);
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    zip.add(inputs[i].name, inputs[i].mtime, *entries[i]);
  }
  zip.add(last_name, last_mtime, last);
  zip.close();
}

}  // namespace a2a_backup
