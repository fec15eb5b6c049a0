// SPDX-License-Identifier: MIT
#include "a2a_backup/source/sqlite_source.hpp"

#include <array>

#include "a2a_backup/archive/entry_name.hpp"
#include "a2a_backup/source/sqlite_file.hpp"
#include "sqlite_common.hpp"

namespace a2a_backup {
namespace {

constexpr std::array sidecars{"", "-wal", "-journal"};

/// Sizes and times of the database and its log, to see whether somebody wrote meanwhile.
std::vector<std::int64_t> fingerprint(const fs::path& path) {
  std::vector<std::int64_t> values;
  for (const char* suffix : sidecars) {
    const auto status = stat_path(path.string() + suffix);
    values.push_back(status ? std::int64_t{status->st_size} : -1);
    values.push_back(status ? std::int64_t{status->st_mtim.tv_sec} : 0);
    values.push_back(status ? std::int64_t{status->st_mtim.tv_nsec} : 0);
  }
  return values;
}

/// For a database in a folder that SQLite may not write to: copies the files as they are and lets
/// SQLite recover the copy.
void copy_files(const fs::path& live, const fs::path& copy) {
  constexpr int tries = 5;
  for (int attempt = 0; attempt < tries; ++attempt) {
    const auto before = fingerprint(live);
    for (const char* suffix : sidecars) {
      remove_quietly(copy.string() + suffix);
      if (!stat_path(live.string() + suffix)) continue;
      FileReader reader(live.string() + suffix, ErrorKind::source);
      write_new_file(reader, copy.string() + suffix);
    }
    if (fingerprint(live) == before) return;
  }
  throw Error(ErrorKind::busy,
              "the database " + live.string() + " keeps changing and its folder is read-only",
              "run as the user that the application runs as");
}

std::string journal_mode_of(const fs::path& database_file) {
  SQLite::Database database = open_scratch(database_file);
  return query_text(database, "PRAGMA journal_mode");
}

/// Copies the live database page by page; returns its journal mode.
std::string copy_online(const fs::path& live, const fs::path& copy, Progress& progress) {
  SQLite::Database from = open_live(live);
  const std::string mode = query_text(from, "PRAGMA journal_mode");
  const std::int64_t page_size = query_number(from, "PRAGMA page_size");
  remove_quietly(copy);
  create_new(copy);  // 0600 before the first byte is in it
  SQLite::Database to = open_scratch(copy);
  to.exec("PRAGMA journal_mode=OFF");
  copy_pages(from, to, [&](int pages) {
    progress.advance(static_cast<std::uint64_t>(pages) * static_cast<std::uint64_t>(page_size));
  });
  return mode;
}

}  // namespace

SqliteSource::SqliteSource(DatabaseLocation location, std::chrono::milliseconds busy_timeout)
    : location_(std::move(location)), busy_timeout_(busy_timeout) {}

std::string SqliteSource::describe() const {
  return "the SQLite database " + location_.path.string();
}

std::uint64_t SqliteSource::staging_size() const {
  std::uint64_t sum = 0;
  for (const char* suffix : sidecars) {
    const auto status = stat_path(location_.path.string() + suffix);
    if (status) sum += static_cast<std::uint64_t>(status->st_size);
  }
  return sum;
}

void SqliteSource::capture(const fs::path& staging, Progress& progress) {
  std::error_code error;
  const fs::path live = fs::canonical(location_.path, error);
  const std::string name = location_.path.string();
  if (error) {
    throw system_error(ErrorKind::source, "cannot open the database " + name, error.value(),
                       "check --database and A2A_DATABASE_URL");
  }
  if (!fs::is_regular_file(live)) throw Error(ErrorKind::source, name + " is not a regular file");
  // Opened and closed before SQLite has the file open: closing it later would drop SQLite's locks.
  open_read(live, ErrorKind::source).reset();
  copy_ = staging / "a2a_system.db";
  const auto status = stat_path(live);
  std::string mode;
  try {
    try {
      mode = retry_while_busy(busy_timeout_, [&] { return copy_online(live, copy_, progress); });
    } catch (const SQLite::Exception& problem) {
      const int code = problem.getErrorCode() & 0xff;
      if (code != SQLITE_CANTOPEN && code != SQLITE_READONLY) throw;
      copy_files(live, copy_);
      mode = journal_mode_of(copy_);
    }
    // The copy keeps the write-ahead flag of the original, but has no log beside it.
    open_scratch(copy_).exec("PRAGMA journal_mode=DELETE");
  } catch (const SQLite::Exception& problem) {
    throw_sqlite(problem, name, ErrorKind::source);
  }
  record_ = examine_sqlite(copy_, SqliteCheck::quick, name, ErrorKind::source);
  record_.source = name;
  record_.journal_mode = mode;
  const auto mtime = TimePoint(std::chrono::seconds(status->st_mtim.tv_sec) +
                               std::chrono::microseconds(status->st_mtim.tv_nsec / 1000));
  entries_ = {{std::string(sqlite_entry), name, fs::file_size(copy_), mtime}};
}

std::unique_ptr<Reader> SqliteSource::open(const SourceEntry& /*entry*/) const {
  return std::make_unique<FileReader>(copy_);
}

void SqliteSource::annotate(Metadata& metadata) const {
  metadata.database = record_;
  if (record_.tables.empty()) {
    metadata.warnings.push_back("the database " + location_.path.string() + " has no tables");
  }
  for (const fs::path& other : location_.also_found) {
    metadata.warnings.push_back("took the database " + location_.path.string() + " and left " +
                                other.string() + ", choose with --database");
  }
}

}  // namespace a2a_backup
