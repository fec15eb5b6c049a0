// SPDX-License-Identifier: MIT
/// Where backups live.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "a2a_backup/core/file.hpp"
#include "a2a_backup/core/io.hpp"
#include "a2a_backup/core/progress.hpp"

namespace a2a_backup {

struct StoredFile {
  std::string name;
  std::uint64_t size = 0;
  bool link = false;  ///< only a second name for a file that is somewhere else
};

/// A flat set of named files, which an object store can be as well as a folder: nothing is renamed
/// or changed in place. Names have no slash.
class Store {
 public:
  virtual ~Store() = default;

  /// What to call it in messages: a path or a URL, without secrets.
  virtual const std::string& location() const = 0;

  /// Whom put() and get() tell how far they are, where that takes time; nobody at first. It must
  /// outlive them.
  virtual void report_to(Progress&) {}

  /// Where the file lies on this machine; nothing when it is somewhere else, and reading a part of
  /// it is a journey.
  virtual std::optional<fs::path> local_path(const std::string&) const { return std::nullopt; }

  /// Makes it ready to be written to: a folder that is missing is created.
  virtual void prepare() const {}

  /// Stores the local file under `name`. True when it is there, whole and durable; false when the
  /// name is taken, which leaves everything as it was. Throws Error of kind `failed`.
  virtual bool put(const fs::path& file, const std::string& name) = 0;

  /// Copies it to the new local file `file`. Throws Error of kind `not_found`.
  virtual void get(const std::string& name, const fs::path& file) const = 0;

  /// Opens it for reading parts. Throws Error of kind `not_found`.
  virtual std::shared_ptr<const RandomAccess> open(const std::string& name) const = 0;

  /// The files whose name starts with `prefix`, by name. A store that does not exist yet is empty.
  virtual std::vector<StoredFile> list(std::string_view prefix) const = 0;

  /// Removes it; a missing one is fine. It is gone for good after sync(), which one call does for
  /// any number of them. Both throw Error of kind `failed`.
  virtual void remove(const std::string& name) = 0;
  virtual void sync() {}
};

/// For its lifetime the store tells `progress` how far it is.
class ReportedStore {
 public:
  ReportedStore(Store& store, Progress& progress) : store_(store) { store_.report_to(progress); }
  ~ReportedStore() { store_.report_to(no_progress()); }
  ReportedStore(const ReportedStore&) = delete;
  ReportedStore& operator=(const ReportedStore&) = delete;

 private:
  Store& store_;
};

}  // namespace a2a_backup
