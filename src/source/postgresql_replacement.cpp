// SPDX-License-Identifier: MIT
#include "a2a_backup/source/postgresql_replacement.hpp"

#include <algorithm>
#include <future>
#include <thread>

#include "a2a_backup/source/postgresql_dump.hpp"
#include "postgresql_backup.hpp"
#include "postgresql_catalog.hpp"
#include "postgresql_program.hpp"

namespace a2a_backup {
namespace {

/// The safety dump stays on the disk until the next restore, so it is made small, but quickly.
constexpr int kept_compression = 1;

std::string identifier_of(std::string_view name) {
  std::string text = "\"";
  for (const char c : name) text.append(c == '"' ? 2 : 1, c);
  return text + "\"";
}

/// The identifier of the table that a line of `pg_restore --list` is about, empty for other lines:
/// "215; 1259 16385 TABLE public tasks owner".
std::string table_in(const std::string& line) {
  constexpr std::string_view mark = " TABLE ";
  const std::size_t found = line.find(mark);
  if (found == std::string::npos || line.find(" TABLE DATA ") == found) return {};
  const std::size_t schema = found + mark.size();
  const std::size_t name = line.find(' ', schema) + 1;
  const std::size_t owner = line.rfind(' ');
  if (name == 0 || owner <= name || line.compare(found, 14, " TABLE ATTACH ") == 0) return {};
  return identifier_of(line.substr(schema, name - 1 - schema)) + "." +
         identifier_of(line.substr(name, owner - name));
}

bool has_table(const std::vector<std::string>& contents, const PostgresqlTable& table) {
  return std::any_of(contents.begin(), contents.end(), [&](const std::string& line) {
    return line.find(table.toc_words) != std::string::npos;
  });
}

std::string joined(const std::vector<std::string>& identifiers) {
  std::string text;
  for (const std::string& one : identifiers) text += (text.empty() ? "" : ", ") + one;
  return text;
}

constexpr std::chrono::milliseconds lock_watch_interval{200};

/// By which the server knows a restore of ours.
constexpr const char* restore_name = "a2a-backup restore";

std::string our_restores() {
  return std::string(" FROM pg_stat_activity WHERE datname = current_database()") +
         " AND application_name = '" + restore_name + "'";
}

/// pg_restore waits for locks as long as it takes. Ends it when it has waited for one for longer
/// than `timeout`, and returns whether it did.
bool end_when_locked_out(PostgresqlSession& session, std::chrono::milliseconds timeout,
                         const std::future<void>& done) {
  using Clock = std::chrono::steady_clock;
  Clock::time_point last_seen_free = Clock::now();
  while (done.wait_for(lock_watch_interval) != std::future_status::ready) {
    if (session.ask("SELECT pid" + our_restores() + " AND wait_event_type = 'Lock';").empty()) {
      last_seen_free = Clock::now();
    } else if (Clock::now() - last_seen_free > timeout) {
      session.ask("SELECT pg_terminate_backend(pid)" + our_restores() + ";");
      return true;
    }
  }
  return false;
}

/// In the order of their objects in the dump, and all or nothing. `session` watches over it.
void run_pg_restore(const PostgresqlUrl& url, const PostgresqlDump& dump,
                    std::vector<std::string> command, PostgresqlSession& session,
                    std::chrono::milliseconds timeout) {
  if (dump.no_owner) command.insert(command.end(), {"--no-owner", "--no-privileges"});
  SubprocessOptions program = postgresql_program(url, std::move(command));
  program.command.push_back(dump.file.string());
  program.environment["PGAPPNAME"] = restore_name;
  Subprocess pg_restore(std::move(program));
  std::future<void> done = std::async(std::launch::async, [&] { pg_restore.wait(); });
  if (end_when_locked_out(session, timeout, done)) {
    done.wait();
    throw Error(ErrorKind::busy, "somebody else holds a lock on a table of " + url.text,
                "let the application rest, or wait longer with --lock-timeout SECONDS");
  }
  done.get();
  const ProgramResult& result = pg_restore.wait();
  if (!result.good()) {
    throw postgresql_error(result, "cannot restore into " + url.text, ErrorKind::failed);
  }
}

}  // namespace

PostgresqlContent read_postgresql(const PostgresqlUrl& url, std::chrono::milliseconds timeout) {
  PostgresqlSession session(url, timeout, ErrorKind::source);
  PostgresqlContent content;
  content.table_bytes = read_server(session).table_bytes;
  content.state.rows = row_counts(session);
  content.state.identity = identity_of_objects(session);
  return content;
}

std::string identity_of_postgresql(const PostgresqlUrl& url, std::chrono::milliseconds timeout) {
  PostgresqlSession session(url, timeout, ErrorKind::source);
  return identity_of_objects(session);
}

void end_abandoned_restores(const PostgresqlUrl& url, std::chrono::milliseconds timeout) {
  PostgresqlSession session(url, timeout, ErrorKind::source);
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  while (!session.ask("SELECT pg_terminate_backend(pid)" + our_restores() + ";").empty()) {
    if (std::chrono::steady_clock::now() > deadline) {
      throw Error(ErrorKind::busy, "an interrupted restore into " + url.text + " is still at work",
                  "wait for it, or end it with pg_terminate_backend()");
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

struct PostgresqlReplacement::State {
  PostgresqlUrl url;
  PostgresqlDump dump;
  std::chrono::milliseconds timeout;
  std::vector<std::string> contents;  ///< of the dump
  PostgresqlSession session;
  std::vector<PostgresqlTable> live;

  State(PostgresqlUrl where, PostgresqlDump what, std::chrono::milliseconds patience)
      : url(std::move(where)),
        dump(std::move(what)),
        timeout(patience),
        contents(list_dump(dump.file, dump.file.string(), ErrorKind::failed)),
        session(url, timeout, ErrorKind::failed),
        live(list_tables(session)) {}

  /// Dropping a table needs it alone for a moment; that this can be had is tried out, because
  /// pg_restore would wait for ever. Then writers alone are kept waiting, so that it can be dumped.
  void lock_tables() {
    std::vector<std::string> replaced;
    for (const PostgresqlTable& table : live) {
      if (has_table(contents, table)) replaced.push_back(table.identifier);
    }
    session.ask("BEGIN ISOLATION LEVEL REPEATABLE READ;");
    if (replaced.empty()) return;
    const std::string lock = "LOCK TABLE " + joined(replaced) + " IN ";
    session.ask("SAVEPOINT alone;\n" + lock +
                "ACCESS EXCLUSIVE MODE;\nROLLBACK TO SAVEPOINT alone;\nRELEASE SAVEPOINT alone;\n" +
                lock + "EXCLUSIVE MODE;");
  }

  /// Tables of the dump that the live database does not have.
  std::vector<std::string> new_tables() const {
    std::vector<std::string> tables;
    for (const std::string& line : contents) {
      const bool known = std::any_of(live.begin(), live.end(), [&](const PostgresqlTable& table) {
        return line.find(table.toc_words) != std::string::npos;
      });
      const std::string table = table_in(line);
      if (!known && !table.empty()) tables.push_back(table);
    }
    return tables;
  }
};

PostgresqlReplacement::PostgresqlReplacement(std::unique_ptr<State> state)
    : state_(std::move(state)) {}
PostgresqlReplacement::~PostgresqlReplacement() = default;

std::unique_ptr<PostgresqlReplacement> PostgresqlReplacement::lock(
    const PostgresqlUrl& url, PostgresqlDump dump, std::chrono::milliseconds timeout) {
  auto state = std::make_unique<State>(url, std::move(dump), timeout);
  state->lock_tables();
  return std::unique_ptr<PostgresqlReplacement>(new PostgresqlReplacement(std::move(state)));
}

DatabaseState PostgresqlReplacement::keep_old(const fs::path& copy) {
  State& state = *state_;
  const std::string snapshot = state.session.ask("SELECT pg_export_snapshot();").at(0);
  write_new_file(*dump_database(state.url, {snapshot, kept_compression, state.timeout}), copy);
  DatabaseState old;
  old.rows = row_counts(state.session);
  old.identity = identity_of_objects(state.session);
  old.foreign_tables = state.new_tables();
  return old;
}

void PostgresqlReplacement::replace() {
  State& state = *state_;
  // Their foreign keys would keep pg_restore from dropping what it is going to create.
  if (!state.dump.foreign_tables.empty()) {
    state.session.ask("DROP TABLE IF EXISTS " + joined(state.dump.foreign_tables) + ";");
  }
  state.session.ask("COMMIT;");  // lets pg_restore have the tables
  run_pg_restore(
      state.url, state.dump,
      {"pg_restore", "--clean", "--if-exists", "--single-transaction", "--exit-on-error"},
      state.session, state.timeout);
}

std::map<std::string, std::uint64_t> fill_postgresql(const PostgresqlUrl& url,
                                                     const PostgresqlDump& dump,
                                                     std::chrono::milliseconds timeout) {
  PostgresqlSession session(url, timeout, ErrorKind::failed);
  if (!holds_nothing(session)) {
    throw Error(ErrorKind::refused, "the database " + url.text + " is not empty",
                "create a new one with createdb and name that; to restore into the live one, use "
                "'a2a-backup restore' without --to");
  }
  run_pg_restore(url, dump, {"pg_restore", "--single-transaction", "--exit-on-error"}, session,
                 timeout);
  return row_counts(session);
}

}  // namespace a2a_backup
