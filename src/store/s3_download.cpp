// SPDX-License-Identifier: MIT
#include "s3_download.hpp"

#include "a2a_backup/core/digest.hpp"
#include "s3_range.hpp"

namespace a2a_backup {
namespace {

/// Small enough that each gets through on a line that breaks again and again.
constexpr std::uint64_t range_size = std::uint64_t{8} << 20;

/// The local file, and the digest of what came.
class Sink {
 public:
  Sink(const fs::path& path, Progress& progress)
      : path_(path), fd_(create_new(path)), progress_(progress) {}

  void write(std::span<const std::byte> data) {
    write_all(fd_.get(), data, path_);
    digest_.update(data);
    progress_.advance(data.size());
  }
  std::string finish() {
    sync_fd(fd_.get(), path_);
    return digest_.finish();
  }

 private:
  fs::path path_;
  UniqueFd fd_;
  Progress& progress_;
  Sha256 digest_;
};

void fetch(S3Bucket& bucket, const std::string& key, const S3Object& object, Sink& sink) {
  for (std::uint64_t offset = 0; offset < object.size; offset += range_size) {
    const std::uint64_t size = std::min(range_size, object.size - offset);
    fetch_range(bucket, {key, offset, size, object.size, object.etag},
                [&](std::span<const std::byte> data) { sink.write(data); });
  }
  const std::string digest = sink.finish();
  if (object.sha256.empty() || digest == object.sha256) return;
  throw Error(ErrorKind::archive,
              bucket.place(key) + " is damaged: its SHA-256 is not the one that was put there",
              "choose another backup: a2a-backup list");
}

}  // namespace

void download_object(S3Bucket& bucket, const std::string& key, const fs::path& file,
                     Progress& progress) {
  const auto object = bucket.head(key);
  if (!object) throw Error(ErrorKind::not_found, "there is no " + bucket.place(key));
  progress.phase("download", object->size);
  Sink sink(file, progress);
  try {
    fetch(bucket, key, *object, sink);
  } catch (...) {
    remove_quietly(file);
    throw;
  }
}

}  // namespace a2a_backup
