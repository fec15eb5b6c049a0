// SPDX-License-Identifier: MIT
#include "postgresql_program.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

#include "a2a_backup/core/environment.hpp"
#include "a2a_backup/core/text.hpp"

namespace a2a_backup {
namespace {

constexpr const char* install_hint =
    "install PostgreSQL's own programs: apt-get install postgresql-client";

/// What an error is known by, in the words of the programs and of a server that speaks English.
struct Meaning {
  std::string_view words;
  ErrorKind kind;
  const char* hint;
};

constexpr const char* password_hint =
    "correct the password in A2A_DATABASE_URL, or give it by PGPASSWORD or ~/.pgpass";
constexpr const char* lock_hint =
    "try again when the database is idle, or wait longer with --lock-timeout SECONDS";

constexpr const char* schema_hint =
    "a table was dropped meanwhile; try again when nobody changes the schema";

/// The first that fits decides; `failed` stands for the kind that the caller gives.
constexpr std::array meanings{
    Meaning{"password authentication failed", ErrorKind::key, password_hint},
    Meaning{"no password supplied", ErrorKind::key, password_hint},
    Meaning{"due to lock timeout", ErrorKind::busy, lock_hint},
    // pg_dump's --lock-wait-timeout is one for the statement that locks.
    Meaning{"due to statement timeout", ErrorKind::busy, lock_hint},
    Meaning{"conflict with recovery", ErrorKind::busy,
            "set hot_standby_feedback = on at the replica, or back up the primary"},
    Meaning{"permission denied", ErrorKind::failed,
            "let the user of A2A_DATABASE_URL own the tables, or give it the right"},
    Meaning{"must be owner", ErrorKind::failed,
            "connect as the owner of the tables, as the application does"},
    Meaning{"too many connections", ErrorKind::busy,
            "let others end theirs; two connections are needed"},
    Meaning{"out of shared memory", ErrorKind::failed,
            "raise max_locks_per_transaction at the server: one lock is needed for each table"},
    Meaning{"role \"", ErrorKind::failed,
            "create the role, or restore without the owners: --no-owner"},
    Meaning{"already exists", ErrorKind::failed, ""},
    Meaning{"relation \"", ErrorKind::failed, schema_hint},
    Meaning{"schema \"", ErrorKind::failed, schema_hint},
    Meaning{"cache lookup failed", ErrorKind::failed, schema_hint},
    Meaning{"could not open relation with OID", ErrorKind::failed, schema_hint},
    Meaning{"failed sanity check", ErrorKind::failed, schema_hint},  // pg_dump's own
    Meaning{"query would be affected by row-level security", ErrorKind::failed,
            "connect as the owner of the tables, or as a role with BYPASSRLS"},
    Meaning{"does not exist", ErrorKind::failed,
            "correct A2A_DATABASE_URL, or create the database with createdb"},
    Meaning{"other objects depend on it", ErrorKind::failed,
            "something that the backup does not have depends on a table in it; drop it first, or "
            "restore into a new database with --to postgresql://..."},
    Meaning{"unsupported version", ErrorKind::failed,
            "a newer pg_dump made it: install that version's postgresql-client, from "
            "https://apt.postgresql.org"},
    Meaning{"connection to server", ErrorKind::failed,
            "see whether the server runs, and whether A2A_DATABASE_URL names its host and port"},
    Meaning{"server closed the connection", ErrorKind::failed,
            "see in the server's log why it ended"},
};

/// The line after a server's error may say whom it is about. Other details hold values of rows,
/// which may be secrets.
std::string detail_of(std::string_view text) {
  constexpr std::string_view mark = "DETAIL:  ";
  const std::size_t line = text.find('\n');
  if (line == std::string_view::npos || !text.substr(line + 1).starts_with(mark)) return {};
  std::string_view detail = text.substr(line + 1 + mark.size());
  detail = detail.substr(0, detail.find('\n'));
  if (detail.find(" depends on ") == std::string_view::npos) return {};
  return ": " + printable(std::string(detail));
}

/// The last error that the server sent, else the first that the program found: before the last one
/// there may be some that were expected. From the beginning of its line.
std::string_view last_error(std::string_view messages) {
  std::size_t mark = std::string_view::npos;
  for (const std::string_view word : {"ERROR:  ", "FATAL:  "}) {
    const std::size_t found = messages.rfind(word);
    if (found != std::string_view::npos && (mark == std::string_view::npos || found > mark)) {
      mark = found;
    }
  }
  if (mark == std::string_view::npos) mark = messages.find("error: ");
  if (mark == std::string_view::npos) return {};
  return messages.substr(messages.substr(0, mark).rfind('\n') + 1);
}

/// "psql: error: x" and "pg_dump: error: query failed: ERROR:  x" as "x".
std::string words_of(std::string_view error) {
  for (const std::string_view mark : {"ERROR:  ", "FATAL:  ", "error: "}) {
    const std::size_t found = error.find(mark);
    if (found == std::string_view::npos) continue;
    const std::string_view rest = error.substr(found + mark.size());
    return printable(std::string(rest.substr(0, rest.find('\n')))) + detail_of(rest);
  }
  return {};
}

const Meaning* meaning_of(std::string_view error) {
  const auto found = std::find_if(meanings.begin(), meanings.end(), [&](const Meaning& meaning) {
    return error.find(meaning.words) != std::string_view::npos;
  });
  return found == meanings.end() ? nullptr : &*found;
}

SubprocessOptions listened_to(SubprocessOptions options) {
  options.read_output = true;
  return options;
}

}  // namespace

SubprocessOptions postgresql_program(std::vector<std::string> command) {
  SubprocessOptions options;
  options.command = std::move(command);
  options.hint_when_missing = install_hint;
  options.environment["LC_ALL"] = "C";
  options.environment["PGCLIENTENCODING"] = "UTF8";
  return options;
}

SubprocessOptions postgresql_program(const PostgresqlUrl& url, std::vector<std::string> command) {
  command.insert(command.end(), {"--no-password", "--dbname=" + url.text});
  SubprocessOptions options = postgresql_program(std::move(command));
  options.environment["PGAPPNAME"] = "a2a-backup";
  if (!url.password.empty()) options.environment["PGPASSWORD"] = url.password;
  if (environment("PGCONNECT_TIMEOUT").empty()) options.environment["PGCONNECT_TIMEOUT"] = "10";
  return options;
}

ProgramOutput::ProgramOutput(SubprocessOptions options, Requirement require_good)
    : require_good_(std::move(require_good)), program_(listened_to(std::move(options))) {}

std::size_t ProgramOutput::read(std::span<std::byte> buffer) {
  const std::size_t got = program_.read(buffer);
  if (got == 0 && !buffer.empty()) require_good_(program_.wait());
  return got;
}

Error postgresql_error(const ProgramResult& result, const std::string& what, ErrorKind kind) {
  const std::string_view error = last_error(result.messages);
  const std::string message =
      what + ": " + (error.empty() ? printable(result.reason()) : words_of(error));
  // A failed login says so behind "connection to server", so all of its line counts.
  const Meaning* meaning = meaning_of(error);
  if (meaning == nullptr) return {kind, message};
  return {meaning->kind == ErrorKind::failed ? kind : meaning->kind, message, meaning->hint};
}

bool schema_changed(const ProgramResult& result) {
  const Meaning* meaning = meaning_of(last_error(result.messages));
  return meaning != nullptr && std::string_view(meaning->hint) == schema_hint;
}

void require_readable_dump(const ProgramResult& result, const std::string& name, ErrorKind kind) {
  if (result.good()) return;
  const bool too_old = result.messages.find("unsupported version") != std::string::npos;
  throw postgresql_error(result, "cannot read the dump " + name,
                         too_old ? ErrorKind::failed : kind);
}

int postgresql_program_version(const std::string& name) {
  const ProgramRun run = run_program(postgresql_program({name, "--version"}));
  if (!run.result.good())
    throw postgresql_error(run.result, "cannot run " + name, ErrorKind::failed);
  // "pg_dump (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)", "pg_dump (PostgreSQL) 18beta1"
  const std::size_t space = run.output.find(") ");
  int version = 0;
  if (space != std::string::npos) {
    const char* digits = run.output.data() + space + 2;
    std::from_chars(digits, run.output.data() + run.output.size(), version);
  }
  return version;
}

}  // namespace a2a_backup
