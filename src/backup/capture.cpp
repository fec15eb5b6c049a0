// SPDX-License-Identifier: MIT
#include "capture.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>

#include "a2a_backup/archive/entry_name.hpp"
#include "a2a_backup/core/space_needs.hpp"
#include "a2a_backup/core/text.hpp"
#include "a2a_backup/core/version.hpp"
#include "a2a_backup/source/json_source.hpp"
#include "a2a_backup/source/postgresql_source.hpp"
#include "a2a_backup/source/required.hpp"
#include "a2a_backup/source/sqlite_source.hpp"

namespace a2a_backup {
namespace {

std::string host_name() {
  std::array<char, 256> name{};
  if (gethostname(name.data(), name.size() - 1) != 0) return {};
  return name.data();
}

bool requires_database(const CreateOptions& options) {
  const auto& names = options.require;
  return std::find(names.begin(), names.end(), required_database) != names.end();
}

void require_json(const CreateOptions& options, const JsonSource& source) {
  const fs::path folder = options.root / "shared";
  if (!fs::is_directory(folder)) {
    throw Error(ErrorKind::source, "there is no folder " + folder.string(),
                "name the a2a-system's folder with -C DIR");
  }
  const auto found = source.find();
  const bool has_database = true;  // add_database() looks for it
  const auto missing = first_missing(options.require, has_database,
                                     [&](const auto& entry) { return found.contains(entry); });
  if (missing) {
    throw Error(ErrorKind::source, (options.root / *missing).string() + " is missing",
                "put it back, or do not --require it");
  }
  const std::string tasks = "shared/tasks.json";
  if (found.contains(tasks) || matches_any(options.exclude, tasks)) return;
  throw Error(ErrorKind::source, (options.root / tasks).string() + " is missing",
              "put it back with 'a2a-backup restore latest --only " + tasks +
                  "', or leave it out with --exclude " + tasks);
}

/// At the high levels reading goes at the pace of the compression.
SqliteSourceOptions sqlite_options(const CreateOptions& options) {
  constexpr int last_fast_level = 3;
  SqliteSourceOptions result;
  result.busy_timeout = options.lock_timeout;
  result.check_beside = options.jobs > 1;
  if (options.level > last_fast_level) result.in_place_limit = std::uint64_t{16} << 20;
  return result;
}

void add_database(const CreateOptions& options, CapturePlan& plan) {
  const auto location = locate_database(options.root, options.database);
  if (!location) return;
  const std::string entry(location->postgresql ? postgresql_entry : sqlite_entry);
  if (matches_any(options.exclude, entry)) return;
  if (location->postgresql) {
    plan.sources.push_back(std::make_unique<PostgresqlSource>(*location, options.lock_timeout));
    return;
  }
  if (location->exists) {
    plan.sources.push_back(std::make_unique<SqliteSource>(*location, sqlite_options(options)));
    return;
  }
  const std::string path = location->path.string();
  if (location->named) {
    throw Error(ErrorKind::source,
                "the database " + path + ", named by " + location->chosen_by + ", is missing",
                "correct " + location->chosen_by + ", or back up without it: --database none");
  }
  if (requires_database(options)) {
    throw Error(ErrorKind::source, "there is no database at " + path,
                "name it with --database PATH or A2A_DATABASE_URL");
  }
  plan.warnings.push_back("there is no database at " + path +
                          ", this backup holds the JSON files only; name the database with "
                          "--database PATH, or say --database none");
}

}  // namespace

CapturePlan plan_capture(const CreateOptions& options) {
  CapturePlan plan;
  if (options.from) {
    plan.service = std::make_shared<ServiceClient>(*options.from);
    plan.sources.push_back(std::make_unique<HttpSource>(plan.service, options.require));
    return plan;
  }
  JsonSourceOptions json_options{options.exclude};
  json_options.jobs = options.jobs;
  auto json = std::make_unique<JsonSource>(options.root, json_options);
  require_json(options, *json);
  plan.sources.push_back(std::move(json));
  add_database(options, plan);
  return plan;
}

/// The archive, measured on real task data, takes a third of the live data and seldom more than
/// half.
void check_space(const Sources& sources, const fs::path& staging_parent,
                 const fs::path& archive_parent, bool encrypted) {
  std::uint64_t copy = 0;
  std::uint64_t content = 0;
  for (const auto& source : sources) copy += source->staging_size();
  for (const auto& source : sources) content += source->content_size();
  SpaceNeeds needs;
  needs.add(staging_parent, encrypted ? copy + content / 2 : copy);
  needs.add(archive_parent, content / 2);
  needs.require("for a copy of the live data and the archive",
                "free some space, or name another disk with --tmp-dir or --backup-dir");
}

Metadata begin_metadata(const CreateOptions& options, const CapturePlan& plan) {
  Metadata metadata;
  metadata.capture_started = now();
  metadata.tool = "a2a-backup " + std::string(version());
  metadata.host = host_name();
  metadata.tags = options.tags;
  metadata.warnings = plan.warnings;
  metadata.capture_attempts = 1;
  return metadata;
}

/// The JSON files take a thread some time to parse, in which another one can check a database.
std::vector<Source*> in_order_of_capture(const Sources& sources) {
  std::vector<Source*> order;
  for (const auto& source : sources) order.push_back(source.get());
  std::stable_partition(order.begin(), order.end(),
                        [](const Source* source) { return source->captures_early(); });
  return order;
}

void capture_all(const Sources& sources, const fs::path& staging, Progress& progress,
                 Metadata& metadata) {
  std::uint64_t total = 0;
  for (const auto& source : sources) total += source->content_size();
  progress.phase("snapshot", total);
  for (Source* source : in_order_of_capture(sources)) source->capture(staging, progress);
  metadata.capture_finished = now();
  metadata.timestamp = metadata.capture_finished;
}

}  // namespace a2a_backup
