// SPDX-License-Identifier: MIT
/// The address of a PostgreSQL database, with its password set apart.
#pragma once

#include <set>
#include <string>
#include <string_view>

namespace a2a_backup {

struct PostgresqlUrl {
  std::string text;      ///< a connection URI for libpq that holds no password: may be shown
  std::string password;  ///< decoded; when empty, libpq looks for one: PGPASSWORD, PGPASSFILE
};

/// Whether `text` is a URL of the scheme postgres or postgresql, with or without the driver that
/// SQLAlchemy puts behind it: "postgresql+psycopg2://...".
bool is_postgresql_url(std::string_view text);

/// Takes such a URL apart; what libpq would find wrong with it is left to libpq. Throws Error of
/// kind `usage` when it holds an sslpassword, for which libpq knows no other way than the command
/// line. Format: PostgreSQL documentation, "Connection URIs"; SQLAlchemy documentation, "Database
/// URLs".
PostgresqlUrl parse_postgresql_url(std::string_view text);

/// Which database such a URL means, whoever connects to it and how.
struct PostgresqlPlace {
  std::set<std::string> hosts;  ///< each with its port; all names of this machine are "localhost"
  std::string database;

  /// "a2a at db.example.com:5433".
  std::string text() const;
  bool shares_host_with(const PostgresqlPlace& other) const;
};
PostgresqlPlace postgresql_place(std::string_view url);

}  // namespace a2a_backup
