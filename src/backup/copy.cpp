// SPDX-License-Identifier: MIT
#include "a2a_backup/backup/copy.hpp"

#include <algorithm>
#include <set>

#include "a2a_backup/backup/catalog.hpp"
#include "a2a_backup/core/log.hpp"
#include "a2a_backup/core/staging_dir.hpp"

namespace a2a_backup {
namespace {

/// The end of an archive holds the digest of all that is in it, and that of an encrypted one
/// depends on a key of its own: those that are equal in size and end are equal.
constexpr std::uint64_t telling_end = std::uint64_t{64} << 10;

std::vector<std::byte> end_of(const RandomAccess& file) {
  const std::uint64_t size = std::min(file.size(), telling_end);
  std::vector<std::byte> end(static_cast<std::size_t>(size));
  file.read_at(file.size() - size, end);
  return end;
}

bool is_same(const RandomAccess& a, const RandomAccess& b) {
  return a.size() == b.size() && end_of(a) == end_of(b);
}

}  // namespace

bool copy_backup(const Store& from, const std::string& name, Store& to,
                 const fs::path& scratch_parent) {
  to.prepare();
  bool copied = false;
  if (const auto path = from.local_path(name)) {
    copied = to.put(*path, name);
  } else {
    const StagingDir scratch(scratch_parent);
    from.get(name, scratch.path() / "copy");
    copied = to.put(scratch.path() / "copy", name);
  }
  if (copied) return true;
  if (is_same(*from.open(name), *to.open(name))) return false;
  throw Error(ErrorKind::failed, to.location() + " has another file of the name " + name,
              "look at both, and move one of them away");
}

std::vector<std::string> missing_backups(const Store& from, const Store& to) {
  std::set<std::string> there;
  for (const StoredFile& file : to.list("")) there.insert(file.name);
  std::vector<std::string> missing;
  for (const BackupInfo& info : list_backups(from)) {
    if (there.contains(info.name)) continue;
    if (info.usable()) {
      missing.push_back(info.name);
    } else {
      log::warn("not copied: " + info.name + " is " + std::string(state_name(info.state)));
    }
  }
  return missing;
}

}  // namespace a2a_backup
