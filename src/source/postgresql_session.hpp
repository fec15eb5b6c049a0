// SPDX-License-Identifier: MIT
/// One connection to a PostgreSQL database, held open by psql.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "a2a_backup/core/error.hpp"
#include "a2a_backup/core/io.hpp"
#include "a2a_backup/core/subprocess.hpp"
#include "a2a_backup/source/postgresql_url.hpp"

namespace a2a_backup {

/// The first statement that fails ends the session. Errors as postgresql_error() makes them, of
/// `kind`.
class PostgresqlSession {
 public:
  /// Connects. Statements wait `lock_timeout` for a lock, and take as long as they need.
  PostgresqlSession(const PostgresqlUrl& url, std::chrono::milliseconds lock_timeout,
                    ErrorKind kind);

  /// Runs statements, or commands of psql, on lines of their own, and returns their output by
  /// lines.
  std::vector<std::string> ask(const std::string& statements);

  /// The same for statements that may fail, each by itself, within an open transaction.
  void attempt(const std::string& statements);

  /// Runs a script, such as pg_restore writes it, which may be of any size.
  void run(Reader& script);

 private:
  /// Of the answer to these statements.
  std::string read_line(std::string_view statements);
  Error failure(std::string_view statements);

  PostgresqlUrl url_;
  ErrorKind kind_;
  Subprocess psql_;
  bool standby_ = false;
  std::string buffer_;
};

/// Opens a transaction that sees one state of the database, to be shared with pg_dump.
/// Returns the name of its snapshot.
std::string export_snapshot(PostgresqlSession& session);

}  // namespace a2a_backup
