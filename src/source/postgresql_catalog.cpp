// SPDX-License-Identifier: MIT
#include "postgresql_catalog.hpp"

#include <nlohmann/json.hpp>

#include "a2a_backup/core/error.hpp"

namespace a2a_backup {
namespace {

using Json = nlohmann::json;

/// From here on a standby counts as late.
constexpr int tolerable_lag_seconds = 60;

/// Relations of users: neither the system's, nor temporary, nor an extension's, which are its own
/// to create; and on a standby not those that are not replicated. So does pg_dump choose.
constexpr const char* of_users =
    " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
    " WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'"
    " AND c.relpersistence <> 't' AND NOT (c.relpersistence = 'u' AND pg_is_in_recovery())"
    " AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass"
    " AND d.objid = c.oid AND d.deptype = 'e')";

const std::string short_name =
    "CASE n.nspname WHEN 'public' THEN c.relname::text ELSE n.nspname || '.' || c.relname END";

Json parse(const std::string& line) {
  try {
    return Json::parse(line);
  } catch (const Json::exception&) {
    throw Error(ErrorKind::failed, "psql answers with what is not JSON");
  }
}

/// Nothing to say when all that was received is replayed and more would be received.
std::string trouble_of(PostgresqlSession& session) {
  const Json json = parse(
      session
          .ask("SELECT json_build_object("
               "'receiving', EXISTS (SELECT FROM pg_stat_wal_receiver),"
               "'paused', pg_is_wal_replay_paused(),"
               "'lag', CASE WHEN pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() THEN 0 ELSE"
               " coalesce(extract(epoch FROM now() - pg_last_xact_replay_timestamp()), 0) END,"
               "'newest', to_char(pg_last_xact_replay_timestamp(), "
               "'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'));")
          .at(0));
  std::string why;
  if (json.at("paused").get<bool>()) {
    why = "its replay is paused";
  } else if (!json.at("receiving").get<bool>()) {
    why = "it is not connected to its primary";
  } else if (json.at("lag").get<double>() > tolerable_lag_seconds) {
    why = "it lags behind its primary";
  } else {
    return {};
  }
  if (json.at("newest").is_null()) return why;
  return why + "; its newest transaction is of " + json.at("newest").get<std::string>();
}

}  // namespace

PostgresqlServer read_server(PostgresqlSession& session) {
  constexpr int numbers_per_major = 10000;
  const Json json =
      parse(session
                .ask("SELECT json_build_object("
                     "'number', current_setting('server_version_num')::int,"
                     "'version', split_part(current_setting('server_version'), ' ', 1),"
                     "'standby', pg_is_in_recovery(),"
                     "'bytes', (SELECT coalesce(sum(pg_table_size(c.oid)), 0)" +
                     std::string(of_users) +
                     " AND c.relkind = 'r') + pg_table_size('pg_catalog.pg_largeobject'));")
                .at(0));
  PostgresqlServer server;
  server.major = json.at("number").get<int>() / numbers_per_major;
  server.version = json.at("version").get<std::string>();
  server.standby = json.at("standby").get<bool>();
  server.table_bytes = json.at("bytes").get<std::uint64_t>();
  if (server.standby) server.trouble = trouble_of(session);
  return server;
}

std::string encoding_of_dump(PostgresqlSession& session) {
  return session.ask("SHOW server_encoding;").at(0) == "SQL_ASCII" ? "SQL_ASCII" : "UTF8";
}

TimePoint transaction_time(PostgresqlSession& session) {
  const auto lines = session.ask("SELECT to_char(now(), 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"');");
  return parse_time(lines.at(0)).value_or(now());
}

std::vector<PostgresqlTable> list_tables(PostgresqlSession& session) {
  std::vector<PostgresqlTable> tables;
  const std::string statement =
      "SELECT json_build_array(format('%I.%I', n.nspname, c.relname),"
      " format(' TABLE %s %s ', n.nspname, c.relname))" +
      std::string(of_users) + " AND c.relkind = 'r' ORDER BY n.nspname, c.relname;";
  for (const std::string& line : session.ask(statement)) {
    const Json row = parse(line);
    tables.push_back({row.at(0), row.at(1)});
  }
  return tables;
}

std::vector<std::string> list_extensions(PostgresqlSession& session) {
  return session.ask("SELECT extname FROM pg_extension ORDER BY 1;");
}

bool holds_nothing(PostgresqlSession& session) {
  // What an extension brought along is not counted: a managed server may put some everywhere.
  const auto any = [](const std::string& catalog, const std::string& condition) {
    return "EXISTS (SELECT FROM " + catalog + " c JOIN pg_namespace n ON " + condition +
           " WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND NOT EXISTS"
           " (SELECT FROM pg_depend d WHERE d.classid = '" +
           catalog + "'::regclass AND d.objid = c.oid AND d.deptype = 'e'))";
  };
  return session
             .ask("SELECT " +
                  any("pg_class",
                      "n.oid = c.relnamespace AND c.relkind IN ('r','p','v','m','S','f')") +
                  " OR " + any("pg_proc", "n.oid = c.pronamespace") + " OR " +
                  any("pg_type", "n.oid = c.typnamespace AND c.typtype IN ('e','d','r')") + " OR " +
                  any("pg_namespace", "n.oid = c.oid AND c.nspname <> 'public'") + ";")
             .at(0) == "f";
}

std::map<std::string, std::uint64_t> row_counts(PostgresqlSession& session) {
  std::map<std::string, std::uint64_t> rows;
  const std::string statement =
      "SELECT format('SELECT json_build_array(%L, count(*)) FROM ONLY %I.%I', " + short_name +
      ", n.nspname, c.relname)" + of_users +
      " AND c.relkind = 'r' ORDER BY n.nspname, c.relname \\gexec";
  for (const std::string& line : session.ask(statement)) {
    const Json row = parse(line);
    rows[row.at(0).get<std::string>()] = row.at(1).get<std::uint64_t>();
  }
  return rows;
}

std::string identity_of_objects(PostgresqlSession& session) {
  return session
      .ask(
          "SELECT md5(coalesce(string_agg(c.oid || ' ' || n.nspname || '.' || c.relname, ','"
          " ORDER BY c.oid), ''))" +
          std::string(of_users) + " AND c.relkind IN ('r', 'p', 'S', 'v', 'm', 'f');")
      .at(0);
}

}  // namespace a2a_backup
