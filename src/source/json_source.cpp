// SPDX-License-Identifier: MIT
#include "a2a_backup/source/json_source.hpp"

#include <algorithm>
#include <thread>

#include "a2a_backup/archive/entry_name.hpp"
#include "a2a_backup/core/interrupt.hpp"
#include "a2a_backup/core/side_work.hpp"
#include "a2a_backup/core/text.hpp"

namespace a2a_backup {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds pause_between_rounds{20};

}  // namespace

JsonSource::JsonSource(const fs::path& root, JsonSourceOptions options)
    : root_(fs::absolute(root).lexically_normal()),
      folder_(root_ / "shared"),
      options_(std::move(options)) {}

std::string JsonSource::describe() const {
  return "the JSON files in " + folder_.string();
}

std::map<std::string, fs::path> JsonSource::find() const {
  std::map<std::string, fs::path> found;
  std::map<std::string, std::string> folded;
  std::error_code error;
  fs::directory_iterator folder(folder_, error);
  if (error && error != std::errc::no_such_file_or_directory) {
    throw system_error(ErrorKind::source, "cannot read the folder " + folder_.string(),
                       error.value(), "run as the user that the application runs as");
  }
  for (const fs::directory_entry& item : folder) {
    const std::string file = item.path().filename().string();
    const std::string name = std::string(shared_prefix) + file;
    if (!file.ends_with(".json") || file.starts_with(".")) continue;
    if (matches_any(options_.exclude, name)) continue;
    const std::string problem = entry_name_problem(name);
    const std::string hint = "rename it, or leave it out with --exclude";
    if (!problem.empty()) {
      throw Error(ErrorKind::source, folder_.string() + "/" + printable(file) + " " + problem,
                  hint);
    }
    const auto [other, is_new] = folded.emplace(fold_case(name), name);
    if (!is_new) {
      throw Error(ErrorKind::source,
                  name + " and " + other->second + " differ only in upper and lower case", hint);
    }
    found.emplace(name, item.path());
  }
  return found;
}

std::uint64_t JsonSource::content_size() const {
  std::uint64_t sum = 0;
  for (const auto& [name, path] : find()) {
    if (const auto status = stat_path(path)) sum += static_cast<std::uint64_t>(status->st_size);
  }
  return sum;
}

bool JsonSource::read_round(Files& files, const fs::path& staging) const {
  const auto found = find();
  std::erase_if(files, [&](const auto& item) { return !found.contains(item.first); });
  std::vector<std::pair<std::string, std::optional<JsonFile>>> fresh;
  for (const auto& [name, path] : found) {
    const auto status = stat_path(path);
    const auto known = files.find(name);
    // Times tick every few milliseconds, so a file that was fresh when it was read may have changed
    // within the same tick: read it once more.
    const bool settled = known != files.end() && known->second.age_when_read >= options_.settle;
    if (status && settled && known->second.version == version_of(*status)) continue;
    fresh.emplace_back(name, std::nullopt);
  }
  for_each_at_once(options_.jobs, fresh.size(), [&](std::size_t i) {
    auto& [name, captured] = fresh[i];
    captured =
        read_json_file({name, found.at(name), root_, staging / name.substr(shared_prefix.size())});
  });
  for (auto& [name, captured] : fresh) {
    if (!captured) return false;
    const auto known = files.find(name);
    if (known != files.end() && known->second.version == captured->version) {
      captured->first_seen = known->second.first_seen;
    }
    files.insert_or_assign(name, std::move(*captured));
  }
  // Only when no file changed since it was opened did all of them stand so at one moment.
  return std::all_of(files.begin(), files.end(), [](const auto& item) {
    const auto status = stat_path(item.second.path);
    return status && version_of(*status) == item.second.version;
  });
}

/// Throws when there is no use in another round: files are broken, or the time is over.
void JsonSource::refuse_hopeless(const Files& files, bool still,
                                 std::chrono::steady_clock::duration waited) const {
  const bool out_of_time = waited >= options_.give_up;
  const auto bad = std::find_if(files.begin(), files.end(),
                                [](const auto& item) { return !item.second.problem.empty(); });
  if (bad != files.end() &&
      (out_of_time || (still && Clock::now() - bad->second.first_seen >= surely_broken))) {
    throw Error(ErrorKind::source, bad->second.problem,
                "repair the file, or put it back from a backup: a2a-backup restore latest --only " +
                    bad->first);
  }
  if (out_of_time) {
    throw Error(ErrorKind::source, describe() + " keep changing while they are read",
                "try again when the application is less busy");
  }
}

void JsonSource::capture(const fs::path& staging, Progress& progress) {
  const auto started = Clock::now();
  Files files;
  for (;;) {
    check_interrupt();
    ++attempts_;
    const bool still = read_round(files, staging);
    const auto waited = Clock::now() - started;
    const auto all = [&](auto&& holds) {
      return std::all_of(files.begin(), files.end(),
                         [&](const auto& item) { return holds(item.second); });
    };
    if (still && all([](const JsonFile& file) { return file.problem.empty(); })) {
      const bool patient = waited < options_.patience;
      const bool settled =
          all([&](const JsonFile& file) { return file.age_when_read >= options_.settle; });
      if (!settled && !patient) {
        warnings_.emplace_back(
            "the JSON files never came to rest: each is whole, but one may be a moment newer than "
            "another");
      }
      if (settled || !patient) return accept(std::move(files), progress);
    }
    refuse_hopeless(files, still, waited);
    std::this_thread::sleep_for(pause_between_rounds);
  }
}

void JsonSource::accept(Files files, Progress& progress) {
  files_ = std::move(files);
  for (const auto& [name, file] : files_) {
    const auto size = static_cast<std::uint64_t>(file.version.size);
    entries_.push_back({name, file.path.string(), size, file.version.mtime()});
    progress.advance(size);
  }
}

std::unique_ptr<Reader> JsonSource::open(const SourceEntry& entry) const {
  return std::make_unique<FileReader>(files_.at(entry.name).staged);
}

void JsonSource::annotate(Metadata& metadata) const {
  metadata.capture_attempts = std::max(metadata.capture_attempts, attempts_);
  for (const auto& [name, file] : files_) {
    if (task_file_of(name) == TaskFile::other) continue;
    if (!metadata.tasks) metadata.tasks.emplace();
    merge_tasks(*metadata.tasks, file.summary.tasks);
  }
  metadata.warnings.insert(metadata.warnings.end(), warnings_.begin(), warnings_.end());
}

}  // namespace a2a_backup
