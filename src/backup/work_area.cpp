// SPDX-License-Identifier: MIT
#include "a2a_backup/backup/work_area.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <vector>

namespace a2a_backup {
namespace {

constexpr std::string_view undo_prefix = "undo-";

/// Two folders on one mount: a rename between them works. The device alone does not say that, a
/// bind mount shows the same one.
bool same_mount(const fs::path& one, const fs::path& other) {
  struct statx a {};
  struct statx b {};
  if (statx(AT_FDCWD, one.c_str(), 0, STATX_MNT_ID, &a) != 0) return false;
  if (statx(AT_FDCWD, other.c_str(), 0, STATX_MNT_ID, &b) != 0) return false;
  return a.stx_dev_major == b.stx_dev_major && a.stx_dev_minor == b.stx_dev_minor &&
         a.stx_mnt_id == b.stx_mnt_id;
}

std::uint64_t number_of(const fs::path& folder) {
  const std::string name = folder.filename();
  if (!name.starts_with(undo_prefix)) return 0;
  std::uint64_t number = 0;
  std::from_chars(name.data() + undo_prefix.size(), name.data() + name.size(), number);
  return number;
}

std::vector<fs::path> undo_folders(const fs::path& area) {
  std::vector<fs::path> folders;
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(area, error)) {
    if (number_of(entry.path()) != 0) folders.push_back(entry.path());
  }
  return folders;
}

}  // namespace

fs::path root_work_area(const fs::path& root) {
  return root / ".a2a-backup";
}

fs::path work_area_for(const fs::path& root, const fs::path& folder) {
  return same_mount(root, folder) ? root_work_area(root) : folder / ".a2a-backup";
}

void prepare_work_area(const fs::path& area) {
  make_private_dir(area);
  const fs::path ignore = area / ".gitignore";
  if (!stat_path(ignore)) write_all(create_new(ignore).get(), "*\n", ignore);
  make_private_dir(stage_folder(area));
  sync_dir(area.parent_path());
}

fs::path stage_folder(const fs::path& area) {
  return area / "stage";
}

fs::path undo_folder(const fs::path& area, std::uint64_t number) {
  return area / (std::string(undo_prefix) + std::to_string(number));
}

std::uint64_t newest_undo(const fs::path& area) {
  std::uint64_t newest = 0;
  for (const fs::path& folder : undo_folders(area)) {
    if (stat_path(folder / "manifest")) newest = std::max(newest, number_of(folder));
  }
  return newest;
}

void clean_work_area(const fs::path& area, std::uint64_t keep) {
  remove_quietly(stage_folder(area));
  for (const fs::path& folder : undo_folders(area)) {
    if (number_of(folder) != keep) remove_quietly(folder);
  }
  remove_quietly(area / "journal.tmp");
  remove_quietly(area / "place.tmp");
  std::error_code ignored;
  std::uint64_t others = 0;
  for (const fs::directory_entry& entry : fs::directory_iterator(area, ignored)) {
    if (entry.path().filename() != ".gitignore") ++others;
  }
  if (others == 0) remove_quietly(area);
}

}  // namespace a2a_backup
