// SPDX-License-Identifier: MIT
#include "postgresql_locks.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "a2a_backup/core/interrupt.hpp"
#include "a2a_backup/core/text.hpp"
#include "postgresql_error.hpp"
#include "postgresql_program.hpp"

namespace a2a_backup {
namespace {

using Json = nlohmann::json;

struct TableLock {
  std::string identifier;  ///< as in statements
  std::string holder;      ///< "request_logs (process 4711)"
  bool alone = false;      ///< keeps readers out, too
};

/// Of tables of users, by others than ourselves. A prepared transaction has no process.
constexpr const char* query =
    "SET lock_timeout = '1s'; SET search_path = '';"
    " SELECT DISTINCT ON (c.oid) json_build_array(format('%I.%I', n.nspname, c.relname),"
    " CASE n.nspname WHEN 'public' THEN c.relname::text ELSE n.nspname || '.' || c.relname END"
    " || coalesce(' (process ' || l.pid || ')', ''), l.mode = 'AccessExclusiveLock')"
    " FROM pg_locks l JOIN pg_class c ON c.oid = l.relation"
    " JOIN pg_namespace n ON n.oid = c.relnamespace"
    " LEFT JOIN pg_stat_activity a ON a.pid = l.pid"
    " WHERE l.granted AND c.relkind IN ('r', 'p', 'm', 'S', 'v', 'f')"
    " AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    " AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'"
    " AND a.application_name IS DISTINCT FROM 'a2a-backup'"
    " ORDER BY c.oid, l.mode = 'AccessExclusiveLock' DESC";

/// What psql says to the query; nothing when it cannot be asked.
std::string answer_of(const PostgresqlUrl& url) {
  SubprocessOptions psql =
      postgresql_program(url, {"psql", "--no-psqlrc", "--no-align", "--tuples-only", "--quiet",
                               "--set=ON_ERROR_STOP=1", "--command=" + std::string(query)});
  psql.timeout = std::chrono::seconds(10);
  try {
    ProgramRun run = run_program(std::move(psql));
    return run.result.good() ? std::move(run.output) : std::string();
  } catch (const Error& error) {
    if (is_signal(error)) throw;
    return {};
  }
}

std::vector<TableLock> list_locks(const PostgresqlUrl& url) {
  std::vector<TableLock> locks;
  std::istringstream lines(answer_of(url));
  for (std::string line; std::getline(lines, line);) {
    const Json row = Json::parse(line, nullptr, false);
    if (row.is_array()) locks.push_back({row.at(0), row.at(1), row.at(2)});
  }
  return locks;
}

/// pg_dump tells which statement failed; up to version 15 that names one table.
std::string locked_by_statement(std::string_view messages) {
  constexpr std::string_view before = "LOCK TABLE ";
  constexpr std::string_view after = " IN ACCESS SHARE MODE";
  const std::size_t start = messages.rfind(before);
  if (start == std::string_view::npos) return {};
  const std::size_t end = messages.find(after, start);
  if (end == std::string_view::npos) return {};
  const auto names = messages.substr(start + before.size(), end - start - before.size());
  return names.find(", ") == std::string_view::npos ? std::string(names) : std::string();
}

std::string describe(const std::vector<TableLock>& locks) {
  constexpr std::size_t most = 3;
  std::string text;
  for (std::size_t i = 0; i < std::min(locks.size(), most); ++i) {
    text += (i == 0 ? "" : ", ") + locks[i].holder;
  }
  if (locks.size() > most) text += " and " + std::to_string(locks.size() - most) + " more";
  return text;
}

std::string find_locked(const PostgresqlUrl& url, std::string_view statements,
                        LockPurpose purpose) {
  std::vector<TableLock> locks = list_locks(url);
  const auto is_named = [&](const TableLock& lock) {
    return statements.find(lock.identifier) != std::string_view::npos;
  };
  if (purpose == LockPurpose::read || std::none_of(locks.begin(), locks.end(), is_named)) {
    std::erase_if(locks, [](const TableLock& lock) { return !lock.alone; });
  }
  if (std::any_of(locks.begin(), locks.end(), is_named)) {
    std::erase_if(locks, [&](const TableLock& lock) { return !is_named(lock); });
  }
  return locks.empty() ? locked_by_statement(statements) : describe(locks);
}

}  // namespace

Error naming_locks(Error error, const PostgresqlUrl& url, std::string_view statements,
                   LockPurpose purpose) {
  if (!is_about_lock(error)) return error;
  const std::string locked = find_locked(url, statements, purpose);
  if (locked.empty()) return error;
  return {error.kind(), error.message() + "; locked by others: " + printable(locked), error.hint()};
}

}  // namespace a2a_backup
