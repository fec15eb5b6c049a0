// SPDX-License-Identifier: MIT
/// What many tests need: a folder that disappears, small live systems, looks at what is on disk.
#pragma once

#include <sys/resource.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "a2a_backup/core/error.hpp"
#include "a2a_backup/core/file.hpp"
#include "a2a_backup/core/io.hpp"
#include "a2a_backup/core/progress.hpp"

namespace a2a_backup::test {

/// A new folder (0755, so that AsNobody can enter it) that is removed with all it holds.
class TempDir {
 public:
  TempDir();
  /// In a folder other than the usual one for temporary files.
  explicit TempDir(const fs::path& parent);
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  const fs::path& path() const { return path_; }
  fs::path operator/(const fs::path& name) const { return path_ / name; }

 private:
  fs::path path_;
};

/// Writes the file in place, as the application does: cut to nothing, then written anew. Creates
/// the folders above it.
void write_text(const fs::path& path, std::string_view text);
std::string read_text_file(const fs::path& path);
/// Turns one byte of the file into another.
void flip_byte(const fs::path& path, std::uint64_t offset);
/// Sets the time of the last change to this long ago.
void set_age(const fs::path& path, std::chrono::seconds age);
unsigned mode_of(const fs::path& path);

/// Everything below a folder: relative path -> content ("<folder>" for a folder, "-> x" for a
/// link). Two equal trees mean that nothing was changed, added or left behind.
std::map<std::string, std::string> tree_of(const fs::path& folder);

std::string read_all(Reader& reader, std::size_t step = 65536);

/// A stream that hands out `step` bytes a call.
class TextReader : public Reader {
 public:
  explicit TextReader(std::string text, std::size_t step = 65536)
      : text_(std::move(text)), step_(step) {}
  std::size_t read(std::span<std::byte> buffer) override;

 private:
  std::string text_;
  std::size_t step_;
  std::size_t position_ = 0;
};

/// Adds up what it is told, and throws when a phase begins if asked to.
class TestProgress : public Progress {
 public:
  void phase(std::string_view name, std::uint64_t total_bytes) override;
  void advance(std::uint64_t bytes) override { phases[current_] += bytes; }

  std::map<std::string, std::uint64_t> phases;  ///< bytes that each phase reported
  std::map<std::string, std::uint64_t> totals;
  std::function<void(std::string_view name)> on_phase;

 private:
  std::string current_;
};

/// The Error that `action` throws; an Error that says so when it throws none.
template <class Action>
Error error_of(Action action) {
  try {
    action();
  } catch (const Error& error) {
    return error;
  }
  return {ErrorKind::failed, "<nothing was thrown>"};
}

/// Runs SQL in a database, which is created when it is missing.
void run_sql(const fs::path& database, const std::string& sql);
std::int64_t sql_number(const fs::path& database, const std::string& sql);
std::string sql_text(const fs::path& database, const std::string& sql);

/// A new database with a table `tasks` (id, title) of `rows` rows and an empty table `notes`.
void make_database(const fs::path& path, int rows, const std::string& journal_mode = "DELETE",
                   int page_size = 4096);

/// A history of `count` tasks, as Python's json.dump(indent=2) writes it, whose texts start with
/// `word`.
std::string history_json(int count, const std::string& word = "task");
/// Two agents with `count` tasks each, half of them completed.
std::string agents_json(int count);

/// shared/tasks.json, shared/agent_tasks.json and database/a2a_system.db with `size` tasks, tasks
/// for each agent, and rows. The JSON files look as if nobody had written them for an hour.
void make_system(const fs::path& root, int size = 3);

/// Calls `step` with 1, 2, 3 ... in a thread of its own until the end of the scope.
class Background {
 public:
  template <class Step>
  explicit Background(Step step)
      : thread_([this, step] {
          for (int i = 1; !stop_; ++i) step(i);
        }) {}
  ~Background() { stop(); }
  Background(const Background&) = delete;
  Background& operator=(const Background&) = delete;

  void stop() {
    stop_ = true;
    if (thread_.joinable()) thread_.join();
  }

 private:
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

/// For its lifetime the process is an ordinary user, if it was root.
class AsNobody {
 public:
  AsNobody();
  ~AsNobody();
  AsNobody(const AsNobody&) = delete;
  AsNobody& operator=(const AsNobody&) = delete;

 private:
  bool was_root_;
};

/// An environment variable with another value, or none, until the end of the scope.
class Environment {
 public:
  Environment(std::string name, const std::optional<std::string>& value);
  ~Environment();
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

 private:
  static void set(const std::string& name, const std::optional<std::string>& value);
  std::string name_;
  std::optional<std::string> before_;
};

/// While one lives, no file system has hard links: link() fails with EPERM.
class NoHardLinks {
 public:
  NoHardLinks();
  ~NoHardLinks();
  NoHardLinks(const NoHardLinks&) = delete;
  NoHardLinks& operator=(const NoHardLinks&) = delete;
};

/// While one lives, renames onto a path that ends in `target` fail with EIO, but for the first
/// `spared` of them.
class FailingRename {
 public:
  explicit FailingRename(std::string target, int spared = 0);
  ~FailingRename();
  FailingRename(const FailingRename&) = delete;
  FailingRename& operator=(const FailingRename&) = delete;
};

/// While one lives, no file can grow beyond this: as on a full disk.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes);
  ~FileSizeLimit();
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;

 private:
  rlimit old_{};
  void (*old_handler_)(int);
};

/// Runs `action` in a process of its own that is gone, as by a power cut, before the `call`-th
/// rename or link of its own (1 is the first). False when it ended before that.
bool run_until_crash(int call, const std::function<void()>& action);

}  // namespace a2a_backup::test
