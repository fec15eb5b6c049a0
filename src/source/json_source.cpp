// SPDX-License-Identifier: MIT
#include "a2a_backup/source/json_source.hpp"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <thread>

#include "a2a_backup/archive/entry_name.hpp"
#include "a2a_backup/core/interrupt.hpp"
#include "a2a_backup/core/path.hpp"
#include "a2a_backup/core/side_work.hpp"
#include "a2a_backup/core/text.hpp"

namespace a2a_backup {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

constexpr milliseconds pause_between_rounds{20};
/// A file that does not parse and stays as it is for so long is not being written: it is broken.
/// Its age alone does not tell: a file can be seen cut off a moment before its time changes.
constexpr milliseconds surely_broken{1000};

std::int64_t nanoseconds_of(const timespec& time) {
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

TimePoint time_of(std::int64_t nanoseconds) {
  return TimePoint(std::chrono::microseconds(nanoseconds / 1000));
}

/// Copies what passes through to a file: one read of the source serves parser and copy.
class CopyingReader : public Reader {
 public:
  CopyingReader(Reader& input, int fd, fs::path path)
      : input_(input), fd_(fd), path_(std::move(path)) {}
  std::size_t read(std::span<std::byte> buffer) override {
    const std::size_t got = input_.read(buffer);
    write_all(fd_, buffer.first(got), path_);
    return got;
  }

 private:
  Reader& input_;
  int fd_;
  fs::path path_;
};

/// How long ago that was. A time in the future says that a clock was set, not that somebody writes.
milliseconds age_of(std::int64_t mtime_ns) {
  const auto age = std::chrono::duration_cast<milliseconds>(now() - time_of(mtime_ns));
  return age < milliseconds{0} ? surely_broken : age;
}

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

JsonSource::Version JsonSource::version_of(const struct stat& status) {
  return {status.st_dev, status.st_ino, status.st_size, nanoseconds_of(status.st_mtim),
          nanoseconds_of(status.st_ctim)};
}

std::optional<JsonSource::Captured> JsonSource::read_one(const std::string& name,
                                                         const fs::path& path,
                                                         const fs::path& staged) const {
  std::error_code error;
  const fs::path real = fs::canonical(path, error);
  std::error_code ignored;
  const bool gone = error == std::errc::no_such_file_or_directory && !fs::is_symlink(path, ignored);
  if (gone) return std::nullopt;
  if (error) {
    throw system_error(ErrorKind::source, "cannot open " + path.string(), error.value(),
                       "mend the link, or leave it out with --exclude " + name);
  }
  if (!is_inside(real, fs::canonical(folder_)) && !is_inside(real, fs::canonical(root_))) {
    throw Error(ErrorKind::source, path.string() + " is a link that leads out of " + root_.string(),
                "replace the link by the file, or leave it out with --exclude " + name);
  }
  const UniqueFd fd(::open(real.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd && errno == ENOENT) return std::nullopt;
  if (!fd) throw system_error(ErrorKind::source, "cannot open " + path.string(), errno);
  struct stat status {};
  fstat(fd.get(), &status);
  if (!S_ISREG(status.st_mode)) {
    throw Error(ErrorKind::source, path.string() + " is not a regular file",
                "leave it out with --exclude " + name);
  }
  Captured captured;
  captured.version = version_of(status);
  captured.first_seen = Clock::now();
  captured.age_when_read = age_of(captured.version.mtime_ns);
  captured.path = path;
  captured.staged = staged;
  remove_quietly(staged);
  const UniqueFd copy = create_new(staged);
  FdReader input(fd.get(), path, ErrorKind::source);
  CopyingReader reader(input, copy.get(), staged);
  const TaskFile file = task_file_of(name);
  try {
    captured.summary = scan_json(reader, file, path.string(), ErrorKind::source);
  } catch (const Error& problem) {
    if (problem.kind() != ErrorKind::source) throw;
    captured.problem = problem.message();
  }
  return captured;
}

bool JsonSource::read_round(Files& files, const fs::path& staging) const {
  const auto found = find();
  std::erase_if(files, [&](const auto& item) { return !found.contains(item.first); });
  std::vector<std::pair<std::string, std::optional<Captured>>> fresh;
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
    captured = read_one(name, found.at(name), staging / name.substr(shared_prefix.size()));
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

void JsonSource::capture(const fs::path& staging, Progress& progress) {
  const auto started = Clock::now();
  Files files;
  for (;;) {
    check_interrupt();
    ++attempts_;
    const bool still = read_round(files, staging);
    const auto waited = Clock::now() - started;
    const auto bad = std::find_if(files.begin(), files.end(),
                                  [](const auto& item) { return !item.second.problem.empty(); });
    if (bad == files.end() && still) {
      const bool settled = std::all_of(files.begin(), files.end(), [&](const auto& item) {
        return item.second.age_when_read >= options_.settle;
      });
      if (!settled && waited >= options_.patience) {
        warnings_.emplace_back(
            "the JSON files never came to rest: each is whole, but one may be a moment newer than "
            "another");
      }
      if (settled || waited >= options_.patience) return accept(std::move(files), progress);
    }
    const bool out_of_time = waited >= options_.give_up;
    if (bad != files.end() &&
        (out_of_time || (still && Clock::now() - bad->second.first_seen >= surely_broken))) {
      throw Error(ErrorKind::source, bad->second.problem,
                  "repair the file, or put it back from a backup: a2a-backup restore latest "
                  "--only " +
                      bad->first);
    }
    if (out_of_time) {
      throw Error(ErrorKind::source, describe() + " keep changing while they are read",
                  "try again when the application is less busy");
    }
    std::this_thread::sleep_for(pause_between_rounds);
  }
}

void JsonSource::accept(Files files, Progress& progress) {
  files_ = std::move(files);
  for (const auto& [name, file] : files_) {
    const auto size = static_cast<std::uint64_t>(file.version.size);
    entries_.push_back({name, file.path.string(), size, time_of(file.version.mtime_ns)});
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
