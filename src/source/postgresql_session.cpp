// SPDX-License-Identifier: MIT
#include "postgresql_session.hpp"

#include <algorithm>
#include <array>

#include "postgresql_error.hpp"
#include "postgresql_locks.hpp"
#include "postgresql_program.hpp"

namespace a2a_backup {
namespace {

/// What psql prints behind each answer; no row of ours looks like it.
constexpr std::string_view end_mark = "-- end of answer --";

SubprocessOptions psql(const PostgresqlUrl& url) {
  SubprocessOptions options =
      postgresql_program(url, {"psql", "--no-psqlrc", "--no-align", "--tuples-only", "--quiet",
                               "--set=ON_ERROR_STOP=1", "--set=VERBOSITY=verbose"});
  options.write_input = true;
  options.read_output = true;
  return options;
}

}  // namespace

PostgresqlSession::PostgresqlSession(const PostgresqlUrl& url,
                                     std::chrono::milliseconds lock_timeout, ErrorKind kind)
    : url_(url), kind_(kind), psql_(psql(url)) {
  // What is read must not depend on settings of the role, and never be a part that a policy shows.
  // 0 would be no limit at all. Warnings have SQLSTATEs of errors, too, and tell in the server's
  // language that they are none.
  const auto patience = std::max(lock_timeout, std::chrono::milliseconds(1));
  const auto answer = ask(
      "SET client_min_messages = error;\nSET lock_timeout = " + std::to_string(patience.count()) +
      ";\nSET statement_timeout = 0;\nSET idle_in_transaction_session_timeout = 0;\n"
      "SET row_security = off;\nSET search_path = '';\nSET TIME ZONE 'UTC';\n"
      "SELECT pg_is_in_recovery();");
  standby_ = answer.at(0) == "t";
}

std::vector<std::string> PostgresqlSession::ask(const std::string& statements) {
  psql_.send_and_listen(statements + "\n\\echo '" + std::string(end_mark) + "'\n");
  std::vector<std::string> lines;
  for (std::string line = read_line(statements); line != end_mark; line = read_line(statements)) {
    lines.push_back(std::move(line));
  }
  return lines;
}

/// psql makes a savepoint before each of them.
void PostgresqlSession::attempt(const std::string& statements) {
  ask("\\set ON_ERROR_ROLLBACK on\n\\set ON_ERROR_STOP 0");
  ask(statements);
  ask("\\set ON_ERROR_ROLLBACK off\n\\set ON_ERROR_STOP 1");
}

void PostgresqlSession::run(Reader& script) {
  psql_.send_and_listen("\\o /dev/null\n");
  std::vector<std::byte> buffer(std::size_t{64} << 10);
  while (const std::size_t got = script.read(buffer)) {
    const std::string_view part(reinterpret_cast<const char*>(buffer.data()), got);
    if (!psql_.send_and_listen(part)) break;  // it has failed, and the answer says why
  }
  ask("\\o");
}

std::string PostgresqlSession::read_line(std::string_view statements) {
  while (buffer_.find('\n') == std::string::npos) {
    std::array<char, 4096> part;
    const std::size_t got = psql_.read(std::as_writable_bytes(std::span(part)));
    if (got == 0) throw failure(statements);
    buffer_.append(part.data(), got);
  }
  const std::size_t end = buffer_.find('\n');
  std::string line = buffer_.substr(0, end);
  buffer_.erase(0, end + 1);
  return line;
}

Error PostgresqlSession::failure(std::string_view statements) {
  const bool reads = kind_ == ErrorKind::source;
  return naming_locks(
      postgresql_error(psql_.wait(), (reads ? "cannot read " : "cannot restore into ") + url_.text,
                       kind_, standby_),
      url_, statements, reads ? LockPurpose::read : LockPurpose::replace);
}

std::string export_snapshot(PostgresqlSession& session) {
  return session
      .ask("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;\nSELECT pg_export_snapshot();")
      .at(0);
}

}  // namespace a2a_backup
