// SPDX-License-Identifier: MIT
#include "a2a_backup/source/postgresql_source.hpp"

#include <algorithm>

#include "a2a_backup/archive/entry_name.hpp"
#include "postgresql_backup.hpp"
#include "postgresql_catalog.hpp"
#include "postgresql_program.hpp"

namespace a2a_backup {
namespace {

/// pg_dump refuses a newer server after it has begun; this says so before.
void require_new_enough(const PostgresqlServer& server) {
  const int version = postgresql_program_version("pg_dump");
  if (version >= server.major) return;
  const std::string wanted = std::to_string(server.major);
  throw Error(ErrorKind::source,
              "pg_dump is of version " + std::to_string(version) + " and the server of version " +
                  server.version + ", an older one cannot dump it",
              "install postgresql-client-" + wanted +
                  " from https://apt.postgresql.org, and put its folder first in PATH");
}

/// A dump of which some has been read already.
class BegunDump : public Reader {
 public:
  explicit BegunDump(std::unique_ptr<Reader> dump)
      : dump_(std::move(dump)), start_(std::size_t{64} << 10) {
    start_.resize(dump_->read(start_));
  }

  std::size_t read(std::span<std::byte> buffer) override {
    if (given_ == start_.size()) return dump_->read(buffer);
    const std::size_t size = std::min(buffer.size(), start_.size() - given_);
    std::copy_n(start_.begin() + static_cast<std::ptrdiff_t>(given_), size, buffer.begin());
    given_ += size;
    return size;
  }

 private:
  std::unique_ptr<Reader> dump_;
  std::vector<std::byte> start_;
  std::size_t given_ = 0;
};

}  // namespace

struct PostgresqlSource::State {
  PostgresqlUrl url;
  std::chrono::milliseconds lock_timeout;
  std::unique_ptr<PostgresqlSession> session;
  PostgresqlServer server;
  std::string snapshot;
  std::string encoding;
  TimePoint snapshot_time{};
  DumpRows rows;                  ///< when the dump has been read
  fs::path copy;                  ///< of the dump, when there is one
  std::unique_ptr<Reader> begun;  ///< else the dump, until somebody reads it
  int attempts = 1;

  void connect() {
    session.reset();
    session = std::make_unique<PostgresqlSession>(url, lock_timeout, ErrorKind::source);
  }
  void begin_snapshot() {
    encoding = encoding_of_dump(*session);
    snapshot = export_snapshot(*session);
    snapshot_time = transaction_time(*session);
  }
  DumpOptions dump_options() { return {snapshot, encoding, 0, lock_timeout, &rows}; }
  std::unique_ptr<Reader> dump() { return dump_database(url, dump_options()); }
};

PostgresqlSource::PostgresqlSource(const DatabaseLocation& location,
                                   std::chrono::milliseconds lock_timeout)
    : state_(std::make_unique<State>()) {
  state_->url = location.postgresql.value();
  state_->lock_timeout = lock_timeout;
  state_->connect();
  state_->server = read_server(*state_->session);
  require_new_enough(state_->server);
}

PostgresqlSource::~PostgresqlSource() = default;

std::string PostgresqlSource::describe() const {
  return "the PostgreSQL database " + state_->url.text;
}

std::uint64_t PostgresqlSource::content_size() const {
  return state_->server.table_bytes;
}

std::uint64_t PostgresqlSource::staging_size() const {
  return state_->server.standby ? content_size() : 0;
}

void PostgresqlSource::capture(const fs::path& staging, Progress& progress) {
  State& state = *state_;
  state.attempts = dump_undisturbed(state.server.standby, [&](int attempt) {
    if (attempt > 1) state.connect();
    begin_dump(staging);
  });
  std::optional<std::uint64_t> size;
  if (!state.copy.empty()) size = fs::file_size(state.copy);
  entries_ = {{std::string(postgresql_entry), state.url.text, size, state.snapshot_time}};
  progress.advance(content_size());
}

void PostgresqlSource::begin_dump(const fs::path& staging) {
  State& state = *state_;
  state.begin_snapshot();
  if (!state.server.standby) {
    state.begun = std::make_unique<BegunDump>(state.dump());
    return;
  }
  const fs::path copy = staging / "a2a_system.dump";
  write_dump(state.url, state.dump_options(), copy);
  state.copy = copy;
}

std::unique_ptr<Reader> PostgresqlSource::open(const SourceEntry& /*entry*/) const {
  if (!state_->copy.empty()) return std::make_unique<FileReader>(state_->copy);
  if (state_->begun) return std::move(state_->begun);
  return state_->dump();
}

void PostgresqlSource::annotate(Metadata& metadata) const {
  const State& state = *state_;
  DatabaseRecord record;
  record.engine = postgresql_engine;
  record.source = state.url.text;
  record.server_version = state.server.version;
  record.snapshot_time = state.snapshot_time;
  record.standby = state.server.standby;
  record.tables = state.rows;
  metadata.capture_attempts = std::max(metadata.capture_attempts, state.attempts);
  if (record.tables.empty()) {
    metadata.warnings.push_back("the database " + state.url.text + " has no tables");
  }
  if (!state.server.trouble.empty()) {
    metadata.warnings.push_back("the replica " + state.url.text +
                                " may be old: " + state.server.trouble);
  }
  metadata.database = std::move(record);
}

}  // namespace a2a_backup
