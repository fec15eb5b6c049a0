// SPDX-License-Identifier: MIT
#include "a2a_backup/backup/catalog.hpp"

#include <string.h>  // strverscmp

#include <algorithm>
#include <charconv>

#include "a2a_backup/archive/encryption.hpp"
#include "a2a_backup/archive/entry_name.hpp"
#include "a2a_backup/core/interrupt.hpp"
#include "a2a_backup/core/log.hpp"
#include "a2a_backup/core/space_needs.hpp"
#include "a2a_backup/core/text.hpp"
#include "a2a_backup/core/unnamed_file.hpp"

namespace a2a_backup {
namespace {

/// "a2a_backup_20250711_011832[_2].zip[.age]" -> its time.
std::optional<TimePoint> time_of_name(const std::string& name) {
  if (!name.starts_with(backup_prefix) || name.size() < backup_prefix.size() + 15) return {};
  const std::string t = name.substr(backup_prefix.size(), 15);
  return parse_time(t.substr(0, 4) + "-" + t.substr(4, 2) + "-" + t.substr(6, 2) + "T" +
                    t.substr(9, 2) + ":" + t.substr(11, 2) + ":" + t.substr(13, 2));
}

/// Whether it is encrypted, by its content. Throws Error of kind `archive` when its name alone says
/// so.
bool opens_with_key(const RandomAccess& file) {
  if (is_encrypted(file)) return true;
  if (!file.name().ends_with(encrypted_suffix)) return false;
  throw Error(ErrorKind::archive,
              file.name() + (file.size() == 0 ? " is empty (0 bytes)"
                                              : " does not begin as age writes it, it is damaged"),
              "choose an older backup: a2a-backup list");
}

/// The plain content, in a file without a name.
std::shared_ptr<const RandomAccess> decrypted(const RandomAccess& file, const std::string& name,
                                              const SelectOptions& options) {
  const StagingDir scratch(options.scratch_parent);
  SpaceNeeds needs;
  needs.add(options.scratch_parent, file.size());
  needs.require("to decrypt " + file.name(),
                "free some space, or name another disk with --tmp-dir");
  const UniqueFd plain = create_unnamed(scratch.path());
  try {
    decrypt(file, options.identities, plain.get(), options.progress);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::key) throw;
    throw SealedBackup(error, name, file.size());
  }
  return random_access_to(plain.get(), file.name(), ErrorKind::archive);
}

BackupInfo read_info(const Store& store, const StoredFile& stored) {
  BackupInfo info;
  info.name = stored.name;
  info.size = stored.size;
  info.link = stored.link;
  info.time = time_of_name(stored.name).value_or(TimePoint{});
  std::shared_ptr<const RandomAccess> file;
  try {
    file = store.open(stored.name);
    if (opens_with_key(*file)) {
      info.state = BackupState::encrypted;
      return info;
    }
    info.metadata = BackupFile(file).metadata();
    for (EntryRecord& entry : info.metadata->entries) {
      // They matter to who reads the data, and a thousand backups have a lot of them.
      entry.chunks = {};
      entry.chunk_crc32s = {};
    }
    info.time = info.metadata->timestamp;
    info.state = info.metadata->legacy() ? BackupState::legacy : BackupState::good;
  } catch (const Error& error) {
    if (is_signal(error)) throw;
    info.problem = error.message();
    if (file) info.wrapped = wrapped_backups(file);
    if (!info.wrapped.empty()) info.state = BackupState::artifact;
  }
  return info;
}

/// The name that somebody may have mistyped, whole or by its middle; "" when none is near.
std::string nearest_backup(const Store& store, const std::string& selector) {
  if (selector.starts_with("latest~")) return {};  // well written, there are only not as many
  std::vector<std::string> known{"latest"};
  for (const StoredFile& file : store.list("")) {
    if (!is_archive_name(file.name)) continue;
    const std::string stem = file.name.substr(0, file.name.rfind(archive_suffix));
    known.insert(known.end(), {file.name, stem});
    if (!stem.starts_with(backup_prefix)) continue;
    for (const std::string& each : {file.name, stem}) {
      known.push_back(each.substr(backup_prefix.size()));
    }
  }
  return nearest(selector, known);
}

[[noreturn]] void no_such_backup(const Store& store, const std::string& selector) {
  const bool empty = store.list("").empty();
  const std::string close = nearest_backup(store, selector);
  const std::string meant = close.empty() || close == selector
                                ? "see what there is with 'a2a-backup list'"
                                : "did you mean '" + printable(close) + "'?";
  throw Error(
      ErrorKind::not_found,
      empty ? "there are no backups in " + store.location()
            : "no backup matches '" + printable(selector) + "' in " + store.location(),
      empty ? "make one with 'a2a-backup create', or name the folder with --backup-dir" : meant);
}

std::optional<std::size_t> steps_back(const std::string& selector) {
  if (selector == "latest") return 0;
  if (!selector.starts_with("latest~")) return std::nullopt;
  std::size_t steps = 0;
  const char* end = selector.data() + selector.size();
  const auto [stop, error] = std::from_chars(selector.data() + 7, end, steps);
  if (error != std::errc{} || stop != end) return std::nullopt;
  return steps;
}

/// The name of the `steps`-th newest usable backup not after `limit`.
std::string newest(const Store& store, const std::string& selector, TimePoint limit,
                   std::size_t steps) {
  for (const BackupInfo& info : list_backups(store)) {
    if (info.time > limit) continue;
    if (!info.usable()) {
      log::warn("skipping " + info.name + ": " +
                (info.problem.empty() ? "it is not a backup" : info.problem));
      continue;
    }
    if (steps-- == 0) return info.name;
  }
  no_such_backup(store, selector);
}

std::string by_prefix(const Store& store, const std::string& selector) {
  std::vector<std::string> matches;
  for (const StoredFile& file : store.list("")) {
    if (!is_archive_name(file.name)) continue;
    for (const std::string& start : {selector, std::string(backup_prefix) + selector}) {
      if (!file.name.starts_with(start)) continue;
      const std::string_view rest = std::string_view(file.name).substr(start.size());
      if (rest.empty() || rest == archive_suffix || rest == encrypted_suffix) return file.name;
      matches.push_back(file.name);
      break;
    }
  }
  if (matches.size() > 1) {
    throw Error(ErrorKind::not_found,
                "'" + printable(selector) + "' means " + std::to_string(matches.size()) +
                    " backups, such as " + matches.front() + " and " + matches.back(),
                "write more of the name");
  }
  return matches.empty() ? std::string() : matches.front();
}

struct FoundFile {
  std::shared_ptr<const RandomAccess> file;
  std::string name;  ///< in the store; "" when it is a local file
};

FoundFile find_file(const Store& store, const SelectOptions& options) {
  const std::string& selector = options.selector;
  if (options.by_name) return {store.open(selector), selector};
  if (!steps_back(selector)) {
    const auto status = stat_path(selector);
    if (status && S_ISREG(status->st_mode)) {
      return {open_random_access(selector, ErrorKind::not_found), ""};
    }
  }
  const std::string name = find_backup(store, selector);
  return {store.open(name), name};
}

/// A copy on this machine, in a file without a name, which messages call as they do the original.
void fetch(FoundFile& found, const Store& store, const SelectOptions& options) {
  if (found.name.empty() || store.local_path(found.name)) return;
  SpaceNeeds needs;
  needs.add(options.scratch_parent, found.file->size());
  needs.require("to fetch " + found.file->name(),
                "free some space, or name another disk with --tmp-dir");
  const StagingDir scratch(options.scratch_parent);
  const fs::path copy = scratch.path() / "fetched";
  store.get(found.name, copy);
  found.file = random_access_to(open_read(copy).get(), found.file->name(), ErrorKind::archive);
  found.name.clear();
}

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

std::string choose_wrapped(const std::vector<std::string>& names, const std::string& artifact,
                           const std::optional<std::string>& pick) {
  if (!pick && names.size() == 1) return names.front();
  const std::string hint = "choose one with --pick NAME: " + joined(names);
  if (!pick) {
    throw Error(ErrorKind::usage, artifact + " holds " + plural(names.size(), "backup"), hint);
  }
  for (const std::string& name : names) {
    if (name == *pick || name.ends_with("/" + *pick)) return name;
  }
  throw Error(ErrorKind::usage, artifact + " holds no '" + printable(*pick) + "'", hint);
}

}  // namespace

std::string_view state_name(BackupState state) {
  switch (state) {
    case BackupState::good:
      return "ok";
    case BackupState::encrypted:
      return "encrypted";
    case BackupState::legacy:
      return "legacy";
    case BackupState::artifact:
      return "artifact";
    case BackupState::broken:
      break;
  }
  return "broken";
}

bool is_newer(const BackupInfo& a, const BackupInfo& b) {
  if (a.time != b.time) return a.time > b.time;
  return strverscmp(a.name.c_str(), b.name.c_str()) > 0;
}

SealedBackup::SealedBackup(const Error& error, const std::string& name, std::uint64_t size)
    : Error(error), name_(name), size_(size), time_(time_of_name(name).value_or(TimePoint{})) {}

std::vector<BackupInfo> list_backups(const Store& store) {
  std::vector<BackupInfo> backups;
  for (const StoredFile& file : store.list("")) {
    if (is_archive_name(file.name)) backups.push_back(read_info(store, file));
  }
  std::sort(backups.begin(), backups.end(), is_newer);
  return backups;
}

std::string find_backup(const Store& store, const std::string& selector) {
  if (const auto steps = steps_back(selector)) {
    return newest(store, selector, TimePoint::max(), *steps);
  }
  const std::string name = selector.empty() ? "" : by_prefix(store, selector);
  if (!name.empty()) return name;
  if (const auto time = parse_time(selector, true)) return newest(store, selector, *time, 0);
  no_such_backup(store, selector);
}

SelectedBackup select_backup(const Store& store, const SelectOptions& options) {
  FoundFile found = find_file(store, options);
  SelectedBackup selected;
  selected.name = fs::path(found.file->name()).filename();
  const bool locked = is_encrypted(*found.file);
  const bool opens = !locked || !options.identities.empty();  // else nothing of it is read
  if (opens && (options.whole || locked)) fetch(found, store, options);
  const std::vector<std::string> wrapped = wrapped_backups(found.file);
  if (!wrapped.empty()) fetch(found, store, options);
  std::shared_ptr<const RandomAccess> file = found.file;
  if (!wrapped.empty()) {
    const std::string inner = choose_wrapped(wrapped, file->name(), options.pick);
    ZipReader zip(file, NamePolicy::wrapper);
    selected.name = fs::path(inner).filename();
    selected.scratch = std::make_unique<StagingDir>(options.scratch_parent);
    const fs::path unwrapped = selected.scratch->path() / selected.name;
    const auto reader = zip.open(*zip.find(inner));
    write_new_file(*reader, unwrapped);
    file = open_random_access(unwrapped, ErrorKind::archive);
  } else if (options.pick) {
    throw Error(ErrorKind::usage, file->name() + " is not a zip around backups",
                "leave out --pick");
  }
  selected.stored_size = file->size();
  selected.encrypted = opens_with_key(*file);
  if (selected.encrypted) file = decrypted(*file, selected.name, options);
  selected.file = std::make_unique<BackupFile>(std::move(file), options.jobs);
  return selected;
}

}  // namespace a2a_backup
