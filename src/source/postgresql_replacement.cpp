// SPDX-License-Identifier: MIT
#include "a2a_backup/source/postgresql_replacement.hpp"

#include <algorithm>

#include "a2a_backup/source/postgresql_dump.hpp"
#include "postgresql_backup.hpp"
#include "postgresql_catalog.hpp"
#include "postgresql_script.hpp"

namespace a2a_backup {
namespace {

/// The safety dump stays on the disk until the next restore, so it is made small, but quickly.
constexpr int kept_compression = 1;

constexpr std::uint64_t max_drops = std::uint64_t{64} << 20;

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

std::string read_drops(const fs::path& dump) {
  const fs::path file = dump.string() + drops_suffix;
  return stat_path(file) ? read_file(file, max_drops, ErrorKind::failed) : std::string();
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

std::uint64_t size_of_postgresql(const PostgresqlUrl& url, std::chrono::milliseconds timeout) {
  PostgresqlSession session(url, timeout, ErrorKind::source);
  return read_server(session).table_bytes;
}

std::string identity_of_postgresql(const PostgresqlUrl& url, std::chrono::milliseconds timeout) {
  PostgresqlSession session(url, timeout, ErrorKind::source);
  return identity_of_objects(session);
}

struct PostgresqlReplacement::State {
  PostgresqlUrl url;
  PostgresqlDump dump;
  std::chrono::milliseconds timeout;
  PostgresqlSession session;
  PostgresqlScript script;
  std::string drops;  ///< what drops the objects of the dump

  State(PostgresqlUrl where, PostgresqlDump what, std::chrono::milliseconds patience)
      : url(std::move(where)),
        dump(std::move(what)),
        timeout(patience),
        session(url, timeout, ErrorKind::failed),
        script(dump.file, dump.no_owner, list_extensions(session)),
        drops(script.drops()) {}

  /// Dropping a table needs it alone; that this can be had is tried out first. Then writers alone
  /// are kept waiting, so that it can be dumped.
  void lock_tables() {
    std::vector<std::string> replaced;
    for (const PostgresqlTable& table : list_tables(session)) {
      if (has_table(script.contents(), table)) replaced.push_back(table.identifier);
    }
    // Each statement sees the present, so that another snapshot can be had.
    session.ask("BEGIN ISOLATION LEVEL READ COMMITTED;");
    if (replaced.empty()) return;
    const std::string lock = "LOCK TABLE " + joined(replaced) + " IN ";
    session.ask("SAVEPOINT alone;\n" + lock +
                "ACCESS EXCLUSIVE MODE;\nROLLBACK TO SAVEPOINT alone;\nRELEASE SAVEPOINT alone;\n" +
                lock + "EXCLUSIVE MODE;");
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
  DumpOptions options{"", encoding_of_dump(state.session), kept_compression, state.timeout};
  dump_undisturbed(false, [&](int /*attempt*/) {
    options.snapshot = state.session.ask("SELECT pg_export_snapshot();").at(0);
    write_dump(state.url, options, copy);
  });
  const fs::path drops = copy.string() + drops_suffix;
  const UniqueFd fd = create_new(drops);
  write_all(fd.get(), state.drops, drops);
  sync_fd(fd.get(), drops);
  return {row_counts(state.session), identity_of_objects(state.session)};
}

/// In the order of the list some cannot be dropped: a partition's key goes only with the whole
/// table, and what the other dump brought along may hold on to what this one has. Each attempt lets
/// more of them go; what the last one cannot drop is held by something that is to stay.
void PostgresqlReplacement::replace() {
  State& state = *state_;
  const std::string drops = read_drops(state.dump.file) + state.drops;
  for (int attempt = 0; attempt < 2; ++attempt) state.session.attempt(drops);
  state.session.ask(drops);
  state.session.run(*state.script.open());
  state.session.ask("COMMIT;");
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
  const PostgresqlScript script(dump.file, dump.no_owner, list_extensions(session));
  session.ask("BEGIN;");
  session.run(*script.open());
  session.ask("COMMIT;");
  return row_counts(session);
}

}  // namespace a2a_backup
