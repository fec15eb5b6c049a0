// SPDX-License-Identifier: MIT
#include "received_backup.hpp"

#include "a2a_backup/archive/entry_name.hpp"
#include "a2a_backup/backup/catalog.hpp"
#include "a2a_backup/backup/verify.hpp"
#include "a2a_backup/core/unnamed_file.hpp"
#include "a2a_backup/source/required.hpp"

namespace a2a_backup {
namespace {

const std::string path = "/export/backup";
/// A clock may be wrong by this much; a time far ahead would make the backup the latest for ever.
constexpr std::chrono::minutes clock_tolerance{10};
constexpr std::chrono::hours fresh{1};

void require_entries(const BackupFile& backup, const std::vector<std::string>& names) {
  const auto has = [&](std::string_view entry) { return backup.find(entry) != nullptr; };
  const auto missing = first_missing(names, has(sqlite_entry) || has(postgresql_entry), has);
  if (missing) {
    throw Error(ErrorKind::source, backup.name() + " holds no " + *missing,
                "see what the service backs up, or do not --require it");
  }
}

void check_time(const Metadata& metadata, const std::string& name,
                std::vector<std::string>& warnings) {
  const auto age = now() - metadata.timestamp;
  if (age < -clock_tolerance) {
    throw Error(ErrorKind::source,
                name + " was made in the future, at " + format_rfc3339(metadata.timestamp),
                "set the clock of the service, or of this machine");
  }
  if (age > fresh) warnings.push_back(name + " is not fresh: made " + format_age(age) + " ago");
}

}  // namespace

std::optional<Metadata> receive_backup(ServiceClient& service, const CreateOptions& options,
                                       const fs::path& archive, const fs::path& scratch,
                                       Progress& progress) {
  if (service.tasks_only()) return std::nullopt;
  progress.phase("download", 0);
  if (!service.fetch(path, BodyType::zip, archive, progress)) return std::nullopt;
  const std::string name = service.name() + path;
  SelectedBackup backup;
  backup.name = name;
  // Messages call it by where it came from, not by its private name here.
  backup.file = std::make_unique<BackupFile>(
      random_access_to(open_read(archive, ErrorKind::archive).get(), name, ErrorKind::archive),
      options.jobs);
  Metadata metadata = backup.file->metadata();
  if (metadata.legacy()) {
    throw Error(ErrorKind::archive, name + " is of version 1, which has no digests to check",
                "let the service make it with a2a-backup");
  }
  verify_backup(backup, scratch, progress);
  require_entries(*backup.file, options.require);
  std::vector<std::string> warnings = service.warnings();
  if (!options.tags.empty()) {
    warnings.push_back("the tags are not noted: the backup is as the service made it");
  }
  check_time(metadata, name, warnings);
  metadata.warnings.insert(metadata.warnings.end(), warnings.begin(), warnings.end());
  return metadata;
}

}  // namespace a2a_backup
