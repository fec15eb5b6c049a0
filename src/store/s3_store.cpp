// SPDX-License-Identifier: MIT
#include "a2a_backup/store/s3_store.hpp"

#include <algorithm>

#include "a2a_backup/core/log.hpp"
#include "s3_download.hpp"
#include "s3_listing.hpp"
#include "s3_upload.hpp"

namespace a2a_backup {

S3Store::S3Store(S3Settings settings, const std::string& bucket, const std::string& prefix)
    : location_("s3://" + bucket + (prefix.empty() ? "" : "/" + prefix)),
      prefix_(prefix.empty() ? "" : prefix + "/"),
      bucket_(std::make_shared<S3Bucket>(std::move(settings), bucket)) {}

bool S3Store::put(const fs::path& file, const std::string& name) {
  return upload_object(*bucket_, file, prefix_ + name, *progress_);
}

void S3Store::get(const std::string& name, const fs::path& file) const {
  download_object(*bucket_, prefix_ + name, file, *progress_);
}

std::shared_ptr<const RandomAccess> S3Store::open(const std::string& name) const {
  return open_object(bucket_, prefix_ + name);
}

std::vector<StoredFile> S3Store::list(std::string_view prefix) const {
  std::vector<StoredFile> files = list_objects(*bucket_, prefix_, std::string(prefix));
  std::sort(files.begin(), files.end(),
            [](const auto& a, const auto& b) { return a.name < b.name; });
  return files;
}

void S3Store::remove(const std::string& name) {
  const S3Call call{.method = "DELETE", .key = prefix_ + name};
  HttpTextBody body;
  const HttpResponse response = bucket_->ask([&call] { return call; }, body);
  if (response.status == 403) {
    const Error error = bucket_->error_of(response, call);
    throw Error(ErrorKind::refused, error.message(), error.hint());
  }
  if (!response.good() && response.status != 404) throw bucket_->error_of(response, call);
  const std::string version = response.header("x-amz-version-id");
  if (!version.empty() && version != "null") remove_versions(call.key);
}

void S3Store::remove_versions(const std::string& key) {
  try {
    // What hides them comes last: if one is locked, it must not come to light again.
    for (const std::string& id : list_versions(*bucket_, key)) {
      bucket_->demand({.method = "DELETE", .key = key, .query = {{"versionId", id}}});
    }
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::key && error.kind() != ErrorKind::failed) throw;
    log::warn(bucket_->place(key) +
              " is out of sight, but the bucket keeps its bytes, as a version: " + error.message());
  }
}

}  // namespace a2a_backup
