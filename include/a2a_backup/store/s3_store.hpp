// SPDX-License-Identifier: MIT
/// A bucket of an S3 service, or a part of one, as a store.
#pragma once

#include "a2a_backup/store/s3_settings.hpp"
#include "a2a_backup/store/store.hpp"

namespace a2a_backup {

class S3Bucket;

/// Besides what the contract says, its methods throw Error of kind `key` when the credentials are
/// wrong or may not do this, `usage` for a wrong bucket, region or endpoint, `archive` for bytes
/// that are not those that were put there. What may be over in a moment is tried again first.
class S3Store : public Store {
 public:
  /// The objects whose keys are `prefix`, a slash (none when the prefix is empty), and a name.
  S3Store(S3Settings settings, const std::string& bucket, const std::string& prefix);

  const std::string& location() const override { return location_; }
  void report_to(Progress& progress) override { progress_ = &progress; }
  bool put(const fs::path& file, const std::string& name) override;
  void get(const std::string& name, const fs::path& file) const override;
  std::shared_ptr<const RandomAccess> open(const std::string& name) const override;
  std::vector<StoredFile> list(std::string_view prefix) const override;
  /// In a bucket that keeps versions, all of them, as far as the key may; others become invisible,
  /// with a warning. Throws Error of kind `refused` when the key may not even do that.
  void remove(const std::string& name) override;

 private:
  void remove_versions(const std::string& key);

  std::string location_;
  std::string prefix_;
  std::shared_ptr<S3Bucket> bucket_;
  Progress* progress_ = &no_progress();
};

}  // namespace a2a_backup
