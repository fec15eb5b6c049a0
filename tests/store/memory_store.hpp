// SPDX-License-Identifier: MIT
/// A store that forgets: the plainest reading of the contract.
#pragma once

#include <algorithm>
#include <limits>
#include <map>

#include "a2a_backup/store/store.hpp"

namespace a2a_backup {

class TextAccess : public RandomAccess {
 public:
  TextAccess(std::string text, std::string name) : text_(std::move(text)), name_(std::move(name)) {}
  std::uint64_t size() const override { return text_.size(); }
  const std::string& name() const override { return name_; }
  void read_at(std::uint64_t offset, std::span<std::byte> buffer) const override {
    if (offset > text_.size() || buffer.size() > text_.size() - offset) {
      throw Error(ErrorKind::failed, name_ + " ends too early");
    }
    const auto data = std::as_bytes(std::span(text_)).subspan(offset, buffer.size());
    std::copy(data.begin(), data.end(), buffer.begin());
  }

 private:
  std::string text_;
  std::string name_;
};

class MemoryStore : public Store {
 public:
  const std::string& location() const override { return location_; }
  bool put(const fs::path& file, const std::string& name) override;
  void get(const std::string& name, const fs::path& file) const override;
  std::shared_ptr<const RandomAccess> open(const std::string& name) const override;
  std::vector<StoredFile> list(std::string_view prefix) const override;
  void remove(const std::string& name) override;

 private:
  const std::string& content(const std::string& name) const;

  std::string location_ = "memory";
  std::map<std::string, std::string> files_;
};

inline const std::string& MemoryStore::content(const std::string& name) const {
  const auto found = files_.find(name);
  if (found == files_.end()) throw Error(ErrorKind::not_found, location_ + " has no " + name);
  return found->second;
}

inline bool MemoryStore::put(const fs::path& file, const std::string& name) {
  if (files_.contains(name)) return false;
  files_[name] = read_file(file, std::numeric_limits<std::uint64_t>::max(), ErrorKind::failed);
  return true;
}

inline void MemoryStore::get(const std::string& name, const fs::path& file) const {
  const std::string& text = content(name);
  const UniqueFd fd = create_new(file);
  write_all(fd.get(), text, file);
}

inline std::shared_ptr<const RandomAccess> MemoryStore::open(const std::string& name) const {
  return std::make_shared<TextAccess>(content(name), location_ + "/" + name);
}

inline std::vector<StoredFile> MemoryStore::list(std::string_view prefix) const {
  std::vector<StoredFile> files;
  for (const auto& [name, text] : files_) {
    if (name.starts_with(prefix)) files.push_back({name, text.size()});
  }
  return files;
}

inline void MemoryStore::remove(const std::string& name) {
  files_.erase(name);
}

}  // namespace a2a_backup
