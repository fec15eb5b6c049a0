// SPDX-License-Identifier: MIT
/// A folder as a store.
#pragma once

#include "a2a_backup/store/store.hpp"

namespace a2a_backup {

class LocalStore : public Store {
 public:
  explicit LocalStore(fs::path folder);

  const std::string& location() const override { return location_; }
  const fs::path& folder() const { return folder_; }
  std::optional<fs::path> local_path(const std::string& name) const override {
    return folder_ / name;
  }
  /// Links the file into the folder when both are on one file system, which is atomic and costs
  /// nothing; else copies it first.
  bool put(const fs::path& file, const std::string& name) override;
  void get(const std::string& name, const fs::path& file) const override;
  std::shared_ptr<const RandomAccess> open(const std::string& name) const override;
  std::vector<StoredFile> list(std::string_view prefix) const override;
  void remove(const std::string& name) override;
  void sync() override;

  /// Creates the folder (0700) when it is missing; its parent must exist.
  void prepare() const override;

 private:
  fs::path folder_;
  std::string location_;
};

}  // namespace a2a_backup
