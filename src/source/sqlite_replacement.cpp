// SPDX-License-Identifier: MIT
#include "a2a_backup/source/sqlite_replacement.hpp"

#include "a2a_backup/source/sqlite_file.hpp"
#include "sqlite_common.hpp"

namespace a2a_backup {

/// Members are destroyed from the last to the first: the plain descriptor is closed only after
/// SQLite has let go of the file, since closing any descriptor drops the process's POSIX locks.
struct SqliteReplacement::State {
  fs::path path;
  UniqueFd plain;
  SQLite::Database live;
  std::string journal_mode;
  SQLite::Database staged;
  std::unique_ptr<SQLite::Backup> backup;
};

namespace {

bool is_log(const std::string& journal_mode) {
  return journal_mode == "wal";
}

/// One step of no pages takes the write lock on the destination and copies nothing yet.
void take_lock(SQLite::Backup& backup, SQLite::Database& live) {
  const int result = backup.executeStep(0);
  if (result != SQLITE_OK && result != SQLITE_DONE) {
    throw SQLite::Exception(live.getHandle(), result);
  }
}

void sync_copy(const fs::path& copy) {
  sync_fd(open_read(copy).get(), copy);
}

}  // namespace

SqliteReplacement::SqliteReplacement(std::unique_ptr<State> state) : state_(std::move(state)) {}
SqliteReplacement::~SqliteReplacement() = default;

std::unique_ptr<SqliteReplacement> SqliteReplacement::lock(const fs::path& live,
                                                           const fs::path& staged,
                                                           std::chrono::milliseconds timeout,
                                                           bool& rewrote) {
  rewrote = false;
  if (!stat_path(live)) return nullptr;
  UniqueFd plain = open_read(live);
  try {
    SQLite::Database database = open_live(live);
    const auto [mode, page_size] = retry_while_busy(timeout, [&] {
      database.exec("PRAGMA synchronous=EXTRA");
      const bool empty = query_number(database, "PRAGMA page_count") == 0;
      return std::pair(query_text(database, "PRAGMA journal_mode"),
                       empty ? 0 : query_number(database, "PRAGMA page_size"));
    });
    rewrote = set_page_size(staged, static_cast<std::uint64_t>(page_size));
    auto state = std::make_unique<State>(
        State{live, std::move(plain), std::move(database), mode, open_at_rest(staged), nullptr});
    retry_while_busy(timeout, [&] {
      state->backup = std::make_unique<SQLite::Backup>(state->live, state->staged);
      take_lock(*state->backup, state->live);
    });
    return std::unique_ptr<SqliteReplacement>(new SqliteReplacement(std::move(state)));
  } catch (const SQLite::Exception& error) {
    if (is_damage(error)) return nullptr;
    throw_sqlite(error, live.string(), ErrorKind::failed);
  }
}

DatabaseState SqliteReplacement::keep_old(const fs::path& copy) {
  if (!is_log(state_->journal_mode)) {
    // The exclusive lock keeps everybody out, SQLite's readers too, so the file itself is the
    // state.
    FdReader reader(state_->plain.get(), state_->path);
    copy_all(reader, create_new(copy).get(), copy);
    sync_copy(copy);
    return {};
  }
  try {
    create_new(copy);
    SQLite::Database reader = open_live(state_->path);
    SQLite::Database kept = open_scratch(copy);
    kept.exec("PRAGMA journal_mode=OFF");
    copy_pages(reader, kept, [](int) {});
    kept.exec("PRAGMA journal_mode=DELETE");
  } catch (const SQLite::Exception& error) {
    throw_sqlite(error, state_->path.string(), ErrorKind::failed);
  }
  sync_copy(copy);
  return {};
}

void SqliteReplacement::replace() {
  try {
    const int result = state_->backup->executeStep(-1);
    if (result != SQLITE_DONE) throw SQLite::Exception(state_->live.getHandle(), result);
    state_->backup.reset();
  } catch (const SQLite::Exception& error) {
    throw_sqlite(error, state_->path.string(), ErrorKind::failed);
  }
}

}  // namespace a2a_backup
