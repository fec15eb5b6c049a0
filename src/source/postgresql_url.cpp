// SPDX-License-Identifier: MIT
#include "a2a_backup/source/postgresql_url.hpp"

#include <algorithm>
#include <map>
#include <sstream>
#include <vector>

#include "a2a_backup/core/error.hpp"
#include "a2a_backup/core/http_url.hpp"
#include "a2a_backup/core/text.hpp"

namespace a2a_backup {
namespace {

constexpr std::string_view separator = "://";

/// A password that somebody did not encode is taken as it is.
std::string decoded(std::string_view text) {
  return percent_decoded(text).value_or(std::string(text));
}

/// Moves the password out of "user:password@host/name".
std::string without_password(std::string_view place, std::string& password) {
  // The last one: a password that was not encoded may hold an @ or a / itself.
  const std::size_t at = place.rfind('@');
  if (at == std::string_view::npos) return std::string(place);
  const std::string_view user = place.substr(0, at);
  const std::size_t colon = user.find(':');
  if (colon == std::string_view::npos) return std::string(place);
  password = decoded(user.substr(colon + 1));
  return std::string(user.substr(0, colon)).append(place.substr(at));
}

/// The same for the parameters behind the question mark.
std::string without_password_parameter(std::string_view query, std::string& password) {
  std::string kept;
  while (!query.empty()) {
    const std::string_view item = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(item.size() + 1, query.size()));
    const std::size_t equals = std::min(item.find('='), item.size());
    const std::string key = decoded(item.substr(0, equals));
    if (key == "sslpassword") {
      throw Error(ErrorKind::usage, "the URL of the database holds a password of a TLS key",
                  "keep such a key without one, readable for its owner alone");
    }
    if (key == "password") {
      password = decoded(item.substr(std::min(equals + 1, item.size())));
    } else {
      kept.append(kept.empty() ? "?" : "&").append(item);
    }
  }
  return kept;
}

/// A question mark in a password that was not encoded begins no parameters: between the colon
/// before it and it there is no port then, and the @ comes only behind it.
std::size_t start_of_parameters(std::string_view rest) {
  const std::size_t question = std::min(rest.find('?'), rest.size());
  const std::string_view place = rest.substr(0, question);
  const std::size_t at = rest.rfind('@');
  const std::size_t colon = place.rfind(':');
  const bool known = place.find('@') != std::string_view::npos || at == std::string_view::npos ||
                     colon == std::string_view::npos || place.starts_with('[');
  if (known) return question;
  const std::string_view port = place.substr(colon + 1, place.find('/', colon) - colon - 1);
  if (!port.empty() && port.find_first_not_of("0123456789") == std::string_view::npos) {
    return question;
  }
  return std::min(rest.find('?', at), rest.size());
}

std::vector<std::string> split_at_commas(const std::string& text) {
  std::vector<std::string> parts;
  std::istringstream stream(text + ",");
  for (std::string part; std::getline(stream, part, ',');) parts.push_back(part);
  return parts;
}

std::map<std::string, std::string> parameters_of(std::string_view query) {
  std::map<std::string, std::string> found;
  while (!query.empty()) {
    const std::string_view item = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(item.size() + 1, query.size()));
    const std::size_t equals = std::min(item.find('='), item.size());
    found[decoded(item.substr(0, equals))] =
        decoded(item.substr(std::min(equals + 1, item.size())));
  }
  return found;
}

/// "host:port" without the usual port. No host, a loopback one and a socket's folder are the same.
std::string place_of_host(std::string host, std::string port) {
  const std::size_t colon = host.rfind(':');
  if (colon != std::string::npos && host.find(']', colon) == std::string::npos) {
    port = host.substr(colon + 1);
    host.erase(colon);
  }
  host = host.empty() || host.starts_with('/') || is_loopback(host) ? "localhost" : fold_case(host);
  return port.empty() || port == "5432" ? host : host + ":" + port;
}

}  // namespace

bool is_postgresql_url(std::string_view text) {
  const std::size_t end = text.find(separator);
  if (end == std::string_view::npos) return false;
  const std::string_view scheme = text.substr(0, std::min(end, text.find('+')));
  return scheme == "postgresql" || scheme == "postgres";
}

PostgresqlUrl parse_postgresql_url(std::string_view text) {
  PostgresqlUrl url;
  std::string_view rest = text.substr(text.find(separator) + separator.size());
  const std::size_t question = start_of_parameters(rest);
  const std::string_view place = rest.substr(0, question);
  rest.remove_prefix(std::min(question + 1, rest.size()));
  url.text = "postgresql://" + without_password(place, url.password);
  url.text += without_password_parameter(rest, url.password);
  return url;
}

PostgresqlPlace postgresql_place(std::string_view url) {
  std::string_view rest = url.substr(url.find(separator) + separator.size());
  const std::size_t question = start_of_parameters(rest);
  auto parameters = parameters_of(rest.substr(std::min(question + 1, rest.size())));
  rest = rest.substr(0, question);
  const std::size_t at = rest.rfind('@');
  std::string user;
  if (at != std::string_view::npos) {
    user = decoded(rest.substr(0, std::min(rest.find(':'), at)));
    rest.remove_prefix(at + 1);
  }
  const std::size_t slash = std::min(rest.find('/'), rest.size());
  std::string hosts = decoded(rest.substr(0, slash));
  PostgresqlPlace place;
  place.database = decoded(rest.substr(std::min(slash + 1, rest.size())));
  if (hosts.empty()) hosts = parameters["hostaddr"];
  if (parameters.contains("host")) hosts = parameters["host"];
  if (parameters.contains("dbname")) place.database = parameters["dbname"];
  if (parameters.contains("user")) user = parameters["user"];
  if (place.database.empty()) place.database = user;  // as libpq has it
  const std::vector<std::string> ports = split_at_commas(parameters["port"]);
  std::size_t number = 0;
  for (const std::string& host : split_at_commas(hosts)) {
    place.hosts.insert(place_of_host(host, ports[std::min(number++, ports.size() - 1)]));
  }
  return place;
}

std::string PostgresqlPlace::text() const {
  const std::vector<std::string> names(hosts.begin(), hosts.end());
  return printable(database + " at " + enumeration(names, "or"));
}

bool PostgresqlPlace::shares_host_with(const PostgresqlPlace& other) const {
  return std::any_of(hosts.begin(), hosts.end(),
                     [&](const std::string& host) { return other.hosts.contains(host); });
}

}  // namespace a2a_backup
