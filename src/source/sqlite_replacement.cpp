// SPDX-License-Identifier: MIT
#include "a2a_backup/source/sqlite_replacement.hpp"

#include <unistd.h>

#include <array>

#include "a2a_backup/source/sqlite_file.hpp"
#include "sqlite_common.hpp"
#include "sqlite_format.hpp"
#include "sqlite_pages.hpp"

namespace a2a_backup {

/// Members are destroyed from the last to the first: the plain descriptor is closed only after
/// SQLite has let go of the file, since closing any descriptor drops the process's POSIX locks.
struct SqliteReplacement::State {
  fs::path path;
  fs::path staged_path;
  UniqueFd plain;
  SQLite::Database live;
  SQLite::Database staged;
  std::unique_ptr<SQLite::Backup> backup;
  bool in_log = false;  ///< the live database is in WAL mode

  void lock(std::chrono::milliseconds timeout);
  bool has_page_size_of_staged();
};

namespace {

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

/// Only under the lock does nobody change the mode any more. It is read off the file, since asking
/// SQLite for it would end the transaction.
void SqliteReplacement::State::lock(std::chrono::milliseconds timeout) {
  retry_while_busy(timeout, [&] {
    backup = std::make_unique<SQLite::Backup>(live, staged);
    take_lock(*backup, live);
  });
  std::array<std::byte, header::size> bytes{};
  const ssize_t got = pread(plain.get(), bytes.data(), bytes.size(), 0);
  in_log = got == ssize_t{header::size} && bytes[header::versions] == std::byte{2};
}

bool SqliteReplacement::State::has_page_size_of_staged() {
  const std::string page_size = "PRAGMA page_size";
  return fs::file_size(path) == 0 ||
         query_number(live, page_size) == query_number(staged, page_size);
}

std::unique_ptr<SqliteReplacement> SqliteReplacement::lock(const fs::path& live,
                                                           const fs::path& staged,
                                                           std::chrono::milliseconds timeout,
                                                           bool& rewrote) {
  rewrote = false;
  if (!stat_path(live)) return nullptr;
  try {
    for (;;) {
      UniqueFd plain = open_read(live);
      SQLite::Database database = open_live(live);
      const auto page_size = retry_while_busy(timeout, [&] {
        database.exec("PRAGMA synchronous=EXTRA");
        const bool empty = query_number(database, "PRAGMA page_count") == 0;
        return empty ? 0 : query_number(database, "PRAGMA page_size");
      });
      if (set_page_size(staged, static_cast<std::uint64_t>(page_size))) rewrote = true;
      auto state = std::make_unique<State>(State{
          live, staged, std::move(plain), std::move(database), open_at_rest(staged), nullptr});
      state->lock(timeout);
      // The application may have changed it while the lock was waited for.
      if (!state->has_page_size_of_staged()) continue;
      return std::unique_ptr<SqliteReplacement>(new SqliteReplacement(std::move(state)));
    }
  } catch (const SQLite::Exception& error) {
    if (is_damage(error)) return nullptr;
    throw_sqlite(error, live.string(), ErrorKind::failed);
  }
}

DatabaseState SqliteReplacement::keep_old(const fs::path& copy) {
  if (!state_->in_log) {
    // The exclusive lock keeps everybody out, SQLite's readers too, so the file itself is the
    // state.
    FdReader reader(state_->plain.get(), state_->path);
    copy_to_new_file(reader, copy);
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

/// The backup, which has not begun, holds the lock.
bool SqliteReplacement::replace_in_place() {
  const fs::path scratch = state_->staged_path.string() + ".rollback";
  remove_quietly(scratch);  // what a killed run left
  return replace_pages(state_->live, state_->path, *open_random_access(state_->staged_path),
                       scratch);
}

void SqliteReplacement::replace() {
  try {
    if (state_->in_log || !replace_in_place()) {
      const int result = state_->backup->executeStep(-1);
      if (result != SQLITE_DONE) throw SQLite::Exception(state_->live.getHandle(), result);
    }
    state_->backup.reset();
  } catch (const SQLite::Exception& error) {
    throw_sqlite(error, state_->path.string(), ErrorKind::failed);
  }
}

}  // namespace a2a_backup
