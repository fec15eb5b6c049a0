// SPDX-License-Identifier: MIT
/// A running service as a source: what its export endpoints hand out. docs/export.md is the
/// protocol.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "a2a_backup/core/http_client.hpp"
#include "a2a_backup/source/source.hpp"
#include "a2a_backup/source/task_json.hpp"

namespace a2a_backup {

struct ServiceOptions {
  std::string url;          ///< of the service, without /export
  bool tasks_only = false;  ///< take the public /tasks and nothing else
  std::optional<std::string> key;
  std::string key_header = "X-API-Key";  ///< "Authorization" sends it as a bearer token
  HttpOptions http;
  std::chrono::milliseconds wake_timeout{180'000};
};

/// What a downloaded body must claim to be.
enum class BodyType : std::uint8_t { json, zip, sqlite };

/// Talks to the service. All errors about what it answers are of kind `source`, a key that it does
/// not take is of kind `key`.
class ServiceClient {
 public:
  /// Throws Error of kind `usage` for a URL that is none, or that cannot be trusted with a key.
  explicit ServiceClient(ServiceOptions options);

  /// The URL, without secrets.
  const std::string& name() const { return name_; }
  bool tasks_only() const { return options_.tasks_only; }

  /// Asks /health until the service answers: hosts put one that nobody uses to sleep. Says so when
  /// it takes longer than a moment. Notes a warning when /health names Redis as the storage.
  void wake();
  const std::vector<std::string>& warnings() const { return warnings_; }

  /// Downloads `path` to the new file `file`, durably. False when the service has no such path.
  bool fetch(const std::string& path, BodyType type, const fs::path& file, Progress& progress);

 private:
  void read_health(const std::string& text);

  ServiceOptions options_;
  HttpUrl url_;
  std::string name_;
  HttpClient client_;
  std::vector<std::string> warnings_;
};

/// The name of the storage that a /health document gives, when it is Redis: "storage: redis".
std::optional<std::string> redis_storage(const std::string& health);

/// Captures /export/tasks, /export/agent_tasks and /export/database, or /tasks alone.
class HttpSource : public Source {
 public:
  /// `required` are names of entries without which there is no backup, or "database".
  HttpSource(std::shared_ptr<ServiceClient> service, std::vector<std::string> required);

  std::string describe() const override;
  /// Not known before it is there.
  std::uint64_t content_size() const override { return 0; }
  std::uint64_t staging_size() const override { return 0; }
  void capture(const fs::path& staging, Progress& progress) override;
  /// In the order of an archive: the JSON files by name, then the database.
  const std::vector<SourceEntry>& entries() const override { return entries_; }
  std::unique_ptr<Reader> open(const SourceEntry& entry) const override;
  void annotate(Metadata& metadata) const override;

 private:
  bool capture_json(const std::string& path, const std::string& entry, const fs::path& file,
                    Progress& progress);
  bool capture_database(const fs::path& file, Progress& progress);
  void require_entries() const;

  std::shared_ptr<ServiceClient> service_;
  std::vector<std::string> required_;
  fs::path staging_;
  TaskCounts tasks_;
  std::optional<DatabaseRecord> database_;
  std::vector<SourceEntry> entries_;
  std::vector<std::string> warnings_;
};

}  // namespace a2a_backup
