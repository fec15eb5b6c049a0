// SPDX-License-Identifier: MIT
#include "unchanged.hpp"

#include <algorithm>

#include "a2a_backup/core/interrupt.hpp"

namespace a2a_backup {
namespace {

struct Candidate {
  std::string name;
  std::optional<std::uint64_t> size;
  std::function<std::string()> sha256;  ///< asked last, as it may have to read everything
};

std::uint64_t total_size(const Metadata& metadata) {
  std::uint64_t total = 0;
  for (const EntryRecord& entry : metadata.entries) total += entry.size;
  return total;
}

/// Not an older one: what equals that but not the latest has changed back, and `latest` must hold
/// what there is now.
const BackupInfo* comparable(const Comparison& comparison) {
  if (!comparison.options.encrypt_to.empty()) {
    comparison.remarks.emplace_back(
        "what is encrypted cannot be compared with what there is now: backed up in any case");
    return nullptr;
  }
  const BackupInfo* latest = comparison.previous.latest();
  if (latest == nullptr || latest->state == BackupState::good) return latest;
  const std::string why = latest->state == BackupState::encrypted
                              ? "is encrypted, so nobody can tell here whether anything has changed"
                              : "is of version 1, which has no digests to compare";
  comparison.remarks.push_back("the backup " + latest->name + " " + why +
                               ": backed up in any case");
  return nullptr;
}

bool looks_alike(const Metadata& before, const std::vector<Candidate>& now) {
  return before.entries.size() == now.size() &&
         std::all_of(now.begin(), now.end(), [&](const Candidate& entry) {
           const EntryRecord* record = before.find(entry.name);
           return record != nullptr && record->size == entry.size;
         });
}

/// A dump of PostgreSQL is made while it is read, and says when.
bool differs_each_time(const Comparison& comparison, const std::vector<Candidate>& now) {
  const auto found = std::find_if(now.begin(), now.end(),
                                  [](const Candidate& entry) { return !entry.size.has_value(); });
  if (found == now.end()) return false;
  comparison.remarks.push_back("a dump is another one each time, so " + found->name +
                               " cannot be compared: backed up in any case");
  return true;
}

bool same_content(const Comparison& comparison, const Metadata& before,
                  const std::vector<Candidate>& now) {
  if (differs_each_time(comparison, now) || !looks_alike(before, now)) return false;
  comparison.progress.phase("compare", total_size(before));
  return std::all_of(now.begin(), now.end(), [&](const Candidate& entry) {
    return before.find(entry.name)->sha256 == entry.sha256();
  });
}

/// A backup somewhere else would have to be fetched whole.
bool reads_back(const Comparison& comparison, const BackupInfo& info) {
  const Store& store = comparison.previous.store();
  if (!store.local_path(info.name)) return true;
  comparison.progress.phase("read back", total_size(*info.metadata));
  try {
    BackupFile backup(store.open(info.name), comparison.options.jobs);
    for (const ZipEntry& entry : backup.entries()) backup.check(entry, comparison.progress);
    return true;
  } catch (const Error& error) {
    if (is_signal(error)) throw;
    comparison.previous.distrust();
    comparison.remarks.push_back("nothing has changed, but the latest backup does not read back: " +
                                 error.message() + ": backed up anew");
    return false;
  }
}

void remark_on_tags(const Comparison& comparison, const Metadata& before) {
  for (const auto& [key, value] : comparison.options.tags) {
    const auto tag = before.tags.find(key);
    if (tag != before.tags.end() && tag->second == value) continue;
    std::string remark = "the tag ";
    remark.append(key).append("=").append(value);
    remark += " is not noted: there is no new backup to bear it";
    comparison.remarks.push_back(std::move(remark));
  }
}

CreateResult describe(const Comparison& comparison, const BackupInfo& latest) {
  const Store& store = comparison.previous.store();
  CreateResult result;
  result.unchanged = true;
  result.path = fs::path(store.location()) / latest.name;
  result.size = latest.size;
  if (const auto here = store.local_path(latest.name)) result.sha256 = digest_file(*here).sha256;
  result.metadata = *latest.metadata;
  result.metadata.warnings.clear();
  remark_on_tags(comparison, result.metadata);
  return result;
}

std::optional<CreateResult> find(const Comparison& comparison, const std::vector<Candidate>& now) {
  const BackupInfo* latest = comparable(comparison);
  if (latest == nullptr || !same_content(comparison, *latest->metadata, now)) return std::nullopt;
  if (!reads_back(comparison, *latest)) return std::nullopt;
  return describe(comparison, *latest);
}

}  // namespace

std::optional<CreateResult> find_unchanged(const Comparison& comparison, const Sources& sources) {
  if (!comparison.options.if_changed) return std::nullopt;
  std::vector<Candidate> now;
  for (const auto& source : sources) {
    for (const SourceEntry& entry : source->entries()) {
      now.push_back({entry.name, entry.size, [&source = *source, &entry, &comparison] {
                       ObservedReader reader(source.open(entry), comparison.progress);
                       return digest_of(reader).sha256;
                     }});
    }
  }
  return find(comparison, now);
}

std::optional<CreateResult> find_unchanged(const Comparison& comparison,
                                           const std::vector<EntryRecord>& entries) {
  if (!comparison.options.if_changed) return std::nullopt;
  std::vector<Candidate> now;
  now.reserve(entries.size());
  for (const EntryRecord& entry : entries) {
    now.push_back({entry.path, entry.size, [&entry] { return entry.sha256; }});
  }
  return find(comparison, now);
}

}  // namespace a2a_backup
