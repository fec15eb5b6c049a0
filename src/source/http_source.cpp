// SPDX-License-Identifier: MIT
#include "a2a_backup/source/http_source.hpp"

#include <algorithm>

#include "a2a_backup/archive/entry_name.hpp"
#include "a2a_backup/source/required.hpp"
#include "a2a_backup/source/sqlite_file.hpp"

namespace a2a_backup {
namespace {

const std::string tasks_entry = "shared/tasks.json";
const std::string agents_entry = "shared/agent_tasks.json";

/// One flat name per entry in the staging folder.
fs::path staged_name(const std::string& entry) {
  return fs::path(entry).filename();
}

}  // namespace

HttpSource::HttpSource(std::shared_ptr<ServiceClient> service, std::vector<std::string> required)
    : service_(std::move(service)), required_(std::move(required)) {}

std::string HttpSource::describe() const {
  return "what the service " + service_->name() + " exports";
}

bool HttpSource::capture_json(const std::string& path, const std::string& entry,
                              const fs::path& file, Progress& progress) {
  if (!service_->fetch(path, BodyType::json, file, progress)) return false;
  const std::string name = service_->name() + path;
  FileReader reader(file);
  const JsonSummary summary = scan_json(reader, task_file_of(entry), name, ErrorKind::source);
  merge_tasks(tasks_, summary.tasks);
  entries_.push_back({entry, name, fs::file_size(file), now()});
  return true;
}

bool HttpSource::capture_database(const fs::path& file, Progress& progress) {
  const std::string path = "/export/database";
  if (!service_->fetch(path, BodyType::sqlite, file, progress)) return false;
  const std::string name = service_->name() + path;
  database_ = examine_sqlite(file, SqliteCheck::full, name, ErrorKind::source);
  database_->source = name;
  set_page_size(file, 0);  // in rollback-journal mode, as every backup holds it
  entries_.push_back({std::string(sqlite_entry), name, fs::file_size(file), now()});
  return true;
}

void HttpSource::capture(const fs::path& staging, Progress& progress) {
  staging_ = staging;
  const std::string& name = service_->name();
  const fs::path tasks = staging / staged_name(tasks_entry);
  if (service_->tasks_only()) {
    if (!capture_json("/tasks", tasks_entry, tasks, progress)) {
      throw Error(ErrorKind::source, name + " has no /tasks", "correct the URL");
    }
    warnings_.push_back("tasks only, from " + name +
                        "/tasks: neither the tasks of the agents nor the database");
    return require_entries();
  }
  const fs::path agents = staging / staged_name(agents_entry);
  const bool has_agents = capture_json("/export/agent_tasks", agents_entry, agents, progress);
  if (!has_agents) warnings_.push_back(name + " has no /export/agent_tasks");
  if (!capture_json("/export/tasks", tasks_entry, tasks, progress)) {
    throw Error(ErrorKind::source, name + " has no /export/backup and no /export/tasks",
                "add an export to it as docs/export.md shows, or take its public list alone with "
                "--tasks-only");
  }
  if (!capture_database(staging / staged_name(std::string(sqlite_entry)), progress)) {
    warnings_.push_back(name + " has no /export/database, this backup holds the JSON files only");
  }
  require_entries();
}

void HttpSource::require_entries() const {
  const auto has = [&](std::string_view entry) {
    return std::any_of(entries_.begin(), entries_.end(),
                       [&](const SourceEntry& e) { return e.name == entry; });
  };
  const auto missing = first_missing(required_, has(sqlite_entry), has);
  if (missing) {
    throw Error(ErrorKind::source, service_->name() + " exports no " + *missing,
                "see what the service exports, or do not --require it");
  }
}

std::unique_ptr<Reader> HttpSource::open(const SourceEntry& entry) const {
  return std::make_unique<FileReader>(staging_ / staged_name(entry.name));
}

void HttpSource::annotate(Metadata& metadata) const {
  if (!metadata.tasks) metadata.tasks.emplace();
  merge_tasks(*metadata.tasks, tasks_);
  if (database_) metadata.database = database_;
  for (const auto* list : {&service_->warnings(), &warnings_}) {
    metadata.warnings.insert(metadata.warnings.end(), list->begin(), list->end());
  }
}

}  // namespace a2a_backup
