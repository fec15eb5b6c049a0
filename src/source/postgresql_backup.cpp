// SPDX-License-Identifier: MIT
#include "postgresql_backup.hpp"

#include <algorithm>
#include <optional>
#include <thread>

#include "a2a_backup/core/interrupt.hpp"
#include "a2a_backup/core/log.hpp"
#include "a2a_backup/source/postgresql_dump.hpp"
#include "postgresql_catalog.hpp"
#include "postgresql_error.hpp"
#include "postgresql_locks.hpp"
#include "postgresql_program.hpp"
#include "postgresql_rows.hpp"
#include "postgresql_session.hpp"

namespace a2a_backup {
namespace {

/// How often a standby may cancel a dump, and the schema change while one begins.
constexpr int attempts_at_standby = 5;
constexpr int attempts_at_schema = 3;

/// The schema was changed between the snapshot and pg_dump's locks: with a new one it may do.
class OvertakenDump : public Error {
 public:
  explicit OvertakenDump(const Error& error) : Error(error) {}
};

int attempts_after(const Error& error, bool standby) {
  if (dynamic_cast<const OvertakenDump*>(&error) != nullptr) return attempts_at_schema;
  return standby && error.kind() == ErrorKind::busy ? attempts_at_standby : 1;
}

/// Has the rows of a dump counted while it passes.
class CountedDump : public Reader {
 public:
  CountedDump(std::unique_ptr<Reader> dump, std::string name, DumpRows& rows)
      : dump_(std::move(dump)), name_(std::move(name)), rows_(rows), counter_(std::in_place) {}

  std::size_t read(std::span<std::byte> buffer) override {
    const std::size_t got = dump_->read(buffer);
    if (got > 0) {
      counter_->add(buffer.first(got));
    } else if (counter_ && !buffer.empty()) {
      rows_ = counter_->finish(name_);
      counter_.reset();
    }
    return got;
  }

 private:
  std::unique_ptr<Reader> dump_;
  std::string name_;
  DumpRows& rows_;
  std::optional<DumpRowCounter> counter_;  ///< until the end
};

}  // namespace

int dump_undisturbed(bool standby, const std::function<void(int attempt)>& dump) {
  for (int attempt = 1;; ++attempt) {
    try {
      dump(attempt);
      return attempt;
    } catch (const Error& error) {
      if (attempt >= attempts_after(error, standby)) throw;
      log::debug(error.message() + "; trying again");
    }
    check_interrupt();
    std::this_thread::sleep_for(std::chrono::seconds(1));
  }
}

std::unique_ptr<Reader> dump_database(const PostgresqlUrl& url, const DumpOptions& options) {
  SubprocessOptions program = postgresql_program(
      url, {"pg_dump", "--format=custom", "--compress=" + std::to_string(options.compression),
            "--snapshot=" + options.snapshot, "--encoding=" + options.encoding,
            "--lock-wait-timeout=" +
                std::to_string(std::max<std::int64_t>(options.lock_timeout.count(), 1))});
  auto dump =
      std::make_unique<ProgramOutput>(std::move(program), [url](const ProgramResult& result) {
        if (result.good()) return;
        const Error error = postgresql_error(result, "cannot dump " + url.text, ErrorKind::source);
        if (schema_changed(result)) throw OvertakenDump(error);
        throw naming_locks(error, url, result.messages, LockPurpose::read);
      });
  if (options.rows == nullptr) return dump;
  return std::make_unique<CountedDump>(std::move(dump), url.text, *options.rows);
}

void write_dump(const PostgresqlUrl& url, const DumpOptions& options, const fs::path& file) {
  remove_quietly(file);
  write_new_file(*dump_database(url, options), file);
}

void dump_postgresql(const PostgresqlUrl& url, const fs::path& file,
                     std::chrono::milliseconds lock_timeout) {
  std::optional<PostgresqlSession> session(std::in_place, url, lock_timeout, ErrorKind::source);
  dump_undisturbed(read_server(*session).standby, [&](int attempt) {
    if (attempt > 1) session.emplace(url, lock_timeout, ErrorKind::source);
    DumpOptions options;
    options.encoding = encoding_of_dump(*session);
    options.snapshot = export_snapshot(*session);
    options.lock_timeout = lock_timeout;
    write_dump(url, options, file);
  });
}

}  // namespace a2a_backup
