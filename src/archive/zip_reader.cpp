// SPDX-License-Identifier: MIT
#include "a2a_backup/archive/zip_reader.hpp"

#include <zip.h>

#include <algorithm>
#include <numeric>
#include <utility>

#include "a2a_backup/core/error.hpp"
#include "a2a_backup/core/text.hpp"
#include "zip_end_record.hpp"
#include "zip_structures.hpp"
#include "zip_window_source.hpp"

namespace a2a_backup {
namespace {

constexpr zip_flags_t as_stored = ZIP_FL_UNCHANGED | ZIP_FL_ENC_RAW;

/// libzip's view of the archive. It is opened with only the directory in sight, because libzip
/// takes whatever looks like an end record in the last 64 KiB for a candidate.
class OpenZip {
 public:
  OpenZip(const RandomAccess& file, ZipWindowSource& source) {
    zip_error_t error;
    zip_error_init(&error);
    source.show(read_end_record(file).directory_offset, file.size());
    zip_source_t* handle = zip_source_function_create(ZipWindowSource::callback, &source, &error);
    if (handle != nullptr) zip_ = zip_open_from_source(handle, ZIP_RDONLY, &error);
    const std::string problem = zip_ == nullptr ? zip_error_strerror(&error) : "";
    zip_error_fini(&error);
    if (zip_ != nullptr) return;
    if (handle != nullptr) zip_source_free(handle);
    source.rethrow();
    refuse_archive(file, "cannot be opened by libzip: " + problem);
  }
  ~OpenZip() { zip_discard(zip_); }
  OpenZip(const OpenZip&) = delete;
  OpenZip& operator=(const OpenZip&) = delete;

  zip_t* get() const { return zip_; }

 private:
  zip_t* zip_ = nullptr;
};

bool is_same(const ZipEntry& entry, const zip_stat_t& stat) {
  constexpr zip_uint64_t needed =
      ZIP_STAT_NAME | ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE | ZIP_STAT_CRC | ZIP_STAT_COMP_METHOD;
  return (stat.valid & needed) == needed && entry.name == stat.name && entry.size == stat.size &&
         entry.compressed_size == stat.comp_size && entry.crc32 == stat.crc &&
         entry.method == stat.comp_method;
}

/// The index in libzip of each of `entries`: the same order, but libzip counts folders too.
/// Refuses an archive that libzip understands in another way.
std::vector<zip_uint64_t> match_entries(const RandomAccess& file, zip_t* zip,
                                        const std::vector<ZipEntry>& entries) {
  std::vector<zip_uint64_t> indices;
  const auto count = static_cast<zip_uint64_t>(
      std::max<zip_int64_t>(zip_get_num_entries(zip, ZIP_FL_UNCHANGED), 0));
  for (zip_uint64_t index = 0; index < count; ++index) {
    zip_stat_t stat;
    zip_stat_init(&stat);
    const bool known = zip_stat_index(zip, index, as_stored, &stat) == 0 && stat.name != nullptr;
    if (known && std::string_view(stat.name).ends_with('/')) continue;
    if (!known || indices.size() == entries.size() || !is_same(entries[indices.size()], stat)) {
      refuse_archive(file, "can be read in two ways");
    }
    indices.push_back(index);
  }
  if (indices.size() != entries.size()) refuse_archive(file, "can be read in two ways");
  return indices;
}

/// Reads one entry through libzip, which inflates and compares the CRC, and counts the bytes.
class EntryReader : public Reader {
 public:
  EntryReader(const RandomAccess& file, ZipWindowSource& source, zip_t* zip, zip_uint64_t index,
              const ZipEntry& entry)
      : place_{file, entry.name}, source_(source), entry_(entry) {
    source_.show(0, data_end());  // the local header, for libzip to find the data
    handle_ = zip_fopen_index(zip, index, ZIP_FL_UNCHANGED);
    if (handle_ == nullptr) fail(*zip_get_error(zip));
  }
  ~EntryReader() override {
    if (handle_ != nullptr) zip_fclose(handle_);
  }
  EntryReader(const EntryReader&) = delete;
  EntryReader& operator=(const EntryReader&) = delete;

  std::size_t read(std::span<std::byte> buffer) override {
    if (finished_ || buffer.empty()) return 0;
    source_.show(entry_.data_offset, data_end());
    const zip_int64_t got = zip_fread(handle_, buffer.data(), buffer.size());
    if (got < 0) fail(*zip_file_get_error(handle_));
    delivered_ += static_cast<std::uint64_t>(got);
    if (delivered_ > entry_.size) {
      place_.refuse("holds more than the " + format_bytes(entry_.size) + " that it announces");
    }
    if (got == 0) finish();
    return static_cast<std::size_t>(got);
  }

 private:
  std::uint64_t data_end() const { return entry_.data_offset + entry_.compressed_size; }

  void finish() {
    if (delivered_ != entry_.size) {
      place_.refuse("ends after " + plural(delivered_, "byte") + " of " +
                    format_count(entry_.size));
    }
    finished_ = zip_fclose(std::exchange(handle_, nullptr)) == 0;
    if (!finished_) place_.refuse("holds damaged data");
  }

  [[noreturn]] void fail(zip_error_t& error) {
    source_.rethrow();
    const int code = zip_error_code_zip(&error);
    if (code == ZIP_ER_CRC) place_.refuse("holds damaged data: its checksum (CRC-32) is wrong");
    const std::string problem = zip_error_strerror(&error);
    if (code == ZIP_ER_MEMORY) throw Error(ErrorKind::failed, place_.file.name() + ": " + problem);
    place_.refuse("holds damaged data (libzip: " + problem + ")");
  }

  EntryPlace place_;
  ZipWindowSource& source_;
  const ZipEntry& entry_;
  zip_file_t* handle_ = nullptr;
  std::uint64_t delivered_ = 0;
  bool finished_ = false;
};

}  // namespace

struct ZipReader::State {
  State(std::shared_ptr<const RandomAccess> opened, NamePolicy policy)
      : file(std::move(opened)),
        entries(read_central_directory(*file, policy)),
        source(*file),
        zip(*file, source),
        indices(match_entries(*file, zip.get(), entries)),
        by_name(entries.size()) {
    std::iota(by_name.begin(), by_name.end(), std::size_t{0});
    std::sort(by_name.begin(), by_name.end(),
              [this](std::size_t a, std::size_t b) { return entries[a].name < entries[b].name; });
  }

  std::shared_ptr<const RandomAccess> file;
  std::vector<ZipEntry> entries;
  ZipWindowSource source;
  OpenZip zip;
  std::vector<zip_uint64_t> indices;
  std::vector<std::size_t> by_name;  ///< into `entries`, sorted
};

ZipReader::ZipReader(std::shared_ptr<const RandomAccess> file, NamePolicy policy)
    : state_(std::make_unique<State>(std::move(file), policy)) {}
ZipReader::~ZipReader() = default;
ZipReader::ZipReader(ZipReader&&) noexcept = default;
ZipReader& ZipReader::operator=(ZipReader&&) noexcept = default;

const std::vector<ZipEntry>& ZipReader::entries() const {
  return state_->entries;
}
const RandomAccess& ZipReader::file() const {
  return *state_->file;
}

const ZipEntry* ZipReader::find(std::string_view name) const {
  const auto found = std::lower_bound(state_->by_name.begin(), state_->by_name.end(), name,
                                      [this](std::size_t index, std::string_view wanted) {
                                        return state_->entries[index].name < wanted;
                                      });
  if (found == state_->by_name.end() || state_->entries[*found].name != name) return nullptr;
  return &state_->entries[*found];
}

std::unique_ptr<Reader> ZipReader::open(const ZipEntry& entry) {
  const ZipEntry* own = find(entry.name);
  if (own == nullptr) EntryPlace{file(), entry.name}.refuse("is not in the archive");
  const auto index = static_cast<std::size_t>(own - state_->entries.data());
  return std::make_unique<EntryReader>(file(), state_->source, state_->zip.get(),
                                       state_->indices[index], *own);
}

}  // namespace a2a_backup
