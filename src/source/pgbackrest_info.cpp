// SPDX-License-Identifier: MIT
#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <sstream>

#include "a2a_backup/source/pgbackrest.hpp"

namespace a2a_backup {
namespace {

using Json = nlohmann::json;

/// Of both "database" and "archive", which name a cluster and a repository.
struct Place {
  std::uint64_t cluster = 0;
  unsigned repository = 1;
};

Place place_of(const Json& database) {
  return {database.value("id", std::uint64_t{0}), database.value("repo-key", 1U)};
}

/// A key that is missing is as good as one that is null.
std::string text_of(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

template <class Number>
Number from_hex(std::string_view text) {
  Number number = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number, 16);
  return error == std::errc{} && stop == end ? number : Number{0};
}

Lsn parse_lsn(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return 0;
  return (from_hex<Lsn>(text.substr(0, slash)) << 32U) | from_hex<Lsn>(text.substr(slash + 1));
}

PgBackup backup_of(const Json& json) {
  PgBackup backup;
  backup.label = json.at("label").get<std::string>();
  backup.type = json.at("type").get<std::string>();
  backup.stop =
      TimePoint{std::chrono::seconds{json.at("timestamp").at("stop").get<std::int64_t>()}};
  backup.size = json.at("info").value("size", std::uint64_t{0});
  backup.damaged = json.contains("error") && json["error"] == true;
  // A segment's name begins with its timeline, in eight hexadecimal digits.
  backup.timeline = from_hex<unsigned>(text_of(json.at("archive"), "stop").substr(0, 8));
  if (json.contains("lsn")) backup.stop_lsn = parse_lsn(text_of(json["lsn"], "stop"));
  return backup;
}

/// The first that is well, else the first.
unsigned repository_of(const Json& repositories) {
  for (const Json& each : repositories) {
    if (each.at("status").at("code") == 0) return each.at("key").get<unsigned>();
  }
  return repositories.empty() ? 1U : repositories.front().at("key").get<unsigned>();
}

/// The first line: the others repeat it, or advise what our own hint says better.
std::string first_line(const std::string& text) {
  std::string line = text.substr(0, text.find('\n'));
  while (!line.empty() && (line.back() == ':' || line.back() == ' ')) line.pop_back();
  return line;
}

/// "other" and "different across repos" say nothing: then each repository is asked.
std::string problem_of(const Json& stanza) {
  const Json& status = stanza.at("status");
  if (status.at("code") == 0) return {};
  std::string details;
  const Json& repositories = stanza.value("repo", Json::array());
  for (const Json& each : repositories) {
    const Json& own = each.at("status");
    if (own.at("code") == 0) continue;
    if (!details.empty()) details += "; ";
    if (repositories.size() > 1) {
      details += "repository " + std::to_string(each.at("key").get<unsigned>()) + ": ";
    }
    details += first_line(own.at("message").get<std::string>());
  }
  return details.empty() ? status.at("message").get<std::string>() : details;
}

void read_stanza(const Json& stanza, PgBackRestState& state) {
  const Json repositories = stanza.value("repo", Json::array());
  state.code = stanza.at("status").at("code").get<int>();
  state.problem = problem_of(stanza);
  state.repository = repository_of(repositories);
  state.several_repositories = repositories.size() > 1;
  // After an upgrade the stanza remembers older clusters, which a restore cannot mean.
  std::uint64_t cluster = 0;
  for (const Json& each : stanza.at("db")) {
    if (each.value("repo-key", 1U) != state.repository) continue;
    if (each.at("id").get<std::uint64_t>() < cluster) continue;
    cluster = each.at("id").get<std::uint64_t>();
    state.version = text_of(each, "version");
  }
  const auto ours = [&](const Json& each) {
    const Place place = place_of(each.at("database"));
    return place.cluster == cluster && place.repository == state.repository;
  };
  for (const Json& each : stanza.at("archive")) {
    if (!ours(each)) continue;
    state.archive_id = text_of(each, "id");
  }
  for (const Json& each : stanza.at("backup")) {
    if (ours(each) && each.at("archive").at("stop").is_string()) {
      state.backups.push_back(backup_of(each));
    }
  }
  std::stable_sort(state.backups.begin(), state.backups.end(),
                   [](const PgBackup& a, const PgBackup& b) { return a.stop < b.stop; });
}

}  // namespace

PgBackRestState parse_pgbackrest_info(std::string_view json, const std::string& stanza) {
  PgBackRestState state;
  state.stanza = stanza;
  try {
    const Json document = Json::parse(json);
    for (const Json& each : document) {
      if (each.at("name") != stanza) continue;
      read_stanza(each, state);
      return state;
    }
  } catch (const Json::exception& error) {
    throw Error(ErrorKind::failed,
                std::string("cannot read what pgbackrest says in JSON: ") + error.what(),
                "versions 2.45 and later are known to be understood; see 'pgbackrest version'");
  }
  state.code = 1;
  state.problem = "missing stanza";
  return state;
}

unsigned Segment::timeline() const {
  return from_hex<unsigned>(std::string_view(name).substr(0, 8));
}

std::optional<TimePoint> LogArchive::newest() const {
  std::optional<TimePoint> newest;
  for (const Segment& each : segments)
    newest = std::max(newest.value_or(TimePoint{}), each.archived);
  return newest;
}

std::string LogArchive::last_of(unsigned timeline) const {
  std::string last;
  for (const Segment& each : segments) {
    if (each.timeline() == timeline) last = each.name;
  }
  return last;
}

LogArchive parse_archive_listing(std::string_view json) {
  const Json listing = Json::parse(json, nullptr, false);
  if (!listing.is_object()) {
    throw Error(ErrorKind::failed, "cannot read the list of files that pgbackrest prints");
  }
  constexpr std::size_t digits = 24;
  LogArchive archive;
  for (const auto& [path, file] : listing.items()) {
    const std::string name = path.substr(path.rfind('/') + 1);
    const TimePoint time{std::chrono::seconds{file.value("time", std::int64_t{0})}};
    if (name.ends_with(".history") && name.size() == 16) {
      archive.began[from_hex<unsigned>(std::string_view(name).substr(0, 8))] = time;
    } else if (name.size() > digits && name[digits] == '-') {  // before the digest of its content
      archive.segments.push_back({name.substr(0, digits), time});
    }
  }
  std::sort(archive.segments.begin(), archive.segments.end(),
            [](const Segment& a, const Segment& b) { return a.name < b.name; });
  return archive;
}

std::map<unsigned, Lsn> parse_timeline_history(std::string_view text) {
  std::map<unsigned, Lsn> left;
  std::istringstream lines{std::string(text)};
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    unsigned timeline = 0;
    std::string lsn;
    if (words >> timeline >> lsn) left[timeline] = parse_lsn(lsn);
  }
  return left;
}

std::string history_file(unsigned timeline) {
  std::ostringstream name;
  name.fill('0');
  name.width(8);
  name << std::hex << std::uppercase << timeline;
  return name.str() + ".history";
}

}  // namespace a2a_backup
