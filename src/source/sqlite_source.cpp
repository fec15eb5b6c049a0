// SPDX-License-Identifier: MIT
#include "a2a_backup/source/sqlite_source.hpp"

#include <unistd.h>

#include <array>
#include <cerrno>

#include "a2a_backup/archive/entry_name.hpp"
#include "a2a_backup/core/unnamed_file.hpp"
#include "a2a_backup/source/sqlite_file.hpp"
#include "sqlite_common.hpp"
#include "sqlite_snapshot.hpp"

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

/// Lets SQLite copy the live database page by page; returns its journal mode.
std::string copy_online(const fs::path& live, const fs::path& copy) {
  SQLite::Database from = open_live(live);
  const std::string mode = query_text(from, "PRAGMA journal_mode");
  create_new(copy);  // 0600 before the first byte is in it
  SQLite::Database to = open_scratch(copy);
  to.exec("PRAGMA journal_mode=OFF");
  copy_pages(from, to, [](int) {});
  return mode;
}

/// The copy keeps the write-ahead flag of the original, but has no log beside it.
void end_log(const fs::path& copy) {
  open_scratch(copy).exec("PRAGMA journal_mode=DELETE");
}

bool has_room(const fs::path& folder, std::uint64_t copy) {
  return free_space(folder) > copy + copy / 2;  // for the archive, too
}

/// Not by opening it: closing it later would drop SQLite's locks.
void require_readable(const fs::path& live, const std::string& name) {
  if (!fs::is_regular_file(live)) throw Error(ErrorKind::source, name + " is not a regular file");
  if (access(live.c_str(), R_OK) != 0) {
    throw system_error(ErrorKind::source, "cannot open " + live.string(), errno);
  }
}

}  // namespace

SqliteSource::SqliteSource(DatabaseLocation location, SqliteSourceOptions options)
    : location_(std::move(location)), options_(options), check_(options.check_beside) {}

std::string SqliteSource::describe() const {
  return "the SQLite database " + location_.path.string();
}

std::uint64_t SqliteSource::content_size() const {
  std::uint64_t sum = 0;
  for (const char* suffix : sidecars) {
    const auto status = stat_path(location_.path.string() + suffix);
    if (status) sum += static_cast<std::uint64_t>(status->st_size);
  }
  return sum;
}

/// In WAL mode, where writers do not wait for readers. What is wrong with it is for capture() to
/// say.
bool SqliteSource::captures_early() const {
  if (!options_.check_beside || !fs::is_regular_file(location_.path)) return false;
  try {
    SQLite::Database database = open_live(location_.path);
    return query_text(database, "PRAGMA journal_mode") == "wal";
  } catch (const SQLite::Exception&) {
    return false;
  }
}

/// Sets the bytes of one state of the database, and the mode it is in.
void SqliteSource::take(const fs::path& live, const fs::path& copy) {
  remove_quietly(copy);  // what a try that found the database locked left there
  try {
    auto snapshot = SqliteSnapshot::take(live);
    if (snapshot) {
      journal_mode_ = snapshot->journal_mode();
      const bool wait_too_long =
          snapshot->blocks_writers() && snapshot->size() > options_.in_place_limit;
      if (!wait_too_long || !has_room(copy.parent_path(), snapshot->size())) {
        bytes_ = std::move(snapshot);
        return;
      }
      const UniqueFd fd = create_new(copy);
      RandomAccessReader reader(*snapshot);
      copy_all(reader, fd.get(), copy);
    } else {
      journal_mode_ = copy_online(live, copy);
      end_log(copy);
    }
  } catch (const SQLite::Exception& problem) {
    const int code = problem.getErrorCode() & 0xff;
    if (code != SQLITE_CANTOPEN && code != SQLITE_READONLY) throw;
    copy_files(live, copy);
    journal_mode_ = journal_mode_of(copy);
    end_log(copy);
  }
  bytes_ = open_random_access(copy);
}

void SqliteSource::capture(const fs::path& staging, Progress& progress) {
  std::error_code error;
  const fs::path live = fs::canonical(location_.path, error);
  const std::string name = location_.path.string();
  if (error) {
    throw system_error(ErrorKind::source, "cannot open the database " + name, error.value(),
                       "check --database and A2A_DATABASE_URL");
  }
  require_readable(live, name);
  const auto status = stat_path(live);
  try {
    retry_while_busy(options_.busy_timeout, [&] { take(live, staging / "a2a_system.db"); });
  } catch (const SQLite::Exception& problem) {
    throw_sqlite(problem, name, ErrorKind::source);
  }
  const auto mtime = TimePoint(std::chrono::seconds(status->st_mtim.tv_sec) +
                               std::chrono::microseconds(status->st_mtim.tv_nsec / 1000));
  entries_ = {{std::string(sqlite_entry), name, bytes_->size(), mtime}};
  progress.advance(bytes_->size());
  start_check();
}

void SqliteSource::start_check() {
  check_.begin([this] {
    found_ = examine_sqlite(*bytes_, SqliteCheck::quick, location_.path.string(), ErrorKind::source,
                            check_.abandoned());
  });
}

std::unique_ptr<Reader> SqliteSource::open(const SourceEntry& /*entry*/) const {
  return std::make_unique<RandomAccessReader>(*bytes_);
}

void SqliteSource::annotate(Metadata& metadata) const {
  check_.finish();
  DatabaseRecord record = found_.value();
  record.source = location_.path.string();
  record.journal_mode = journal_mode_;
  if (record.tables.empty()) {
    metadata.warnings.push_back("the database " + location_.path.string() + " has no tables");
  }
  for (const fs::path& other : location_.also_found) {
    metadata.warnings.push_back("took the database " + location_.path.string() + " and left " +
                                other.string() + ", choose with --database");
  }
  metadata.database = std::move(record);
}

}  // namespace a2a_backup
