// SPDX-License-Identifier: MIT
#include "a2a_backup/backup/export_service.hpp"

#include "a2a_backup/archive/entry_name.hpp"
#include "a2a_backup/backup/catalog.hpp"
#include "a2a_backup/backup/restore_journal.hpp"
#include "a2a_backup/core/log.hpp"
#include "a2a_backup/core/prometheus.hpp"
#include "a2a_backup/core/secret.hpp"
#include "a2a_backup/source/json_source.hpp"
#include "a2a_backup/source/sqlite_source.hpp"
#include "a2a_backup/store/local_store.hpp"

namespace a2a_backup {
namespace {

HttpReply later(int status, const std::string& retry_after, std::string_view error = {}) {
  HttpReply reply = error_reply(status, error);
  reply.headers["Retry-After"] = retry_after;
  return reply;
}

/// A browser asks for a name and a password only where the answer says Basic.
HttpReply unauthorised(const std::string& path) {
  HttpReply reply = error_reply(401);
  if (path == "/") reply.headers["WWW-Authenticate"] = R"(Basic realm="a2a-backup")";
  return reply;
}

/// The open file outlives the name that it has in a private folder.
HttpReply file_reply(const fs::path& file, const std::string& type, const std::string& name) {
  HttpReply reply;
  reply.content_type = type;
  reply.file = open_read(file);
  reply.size = fs::file_size(file);
  reply.headers["Content-Disposition"] = "attachment; filename=\"" + name + "\"";
  return reply;
}

HttpReply entry_reply(Source& source, std::string_view entry, const fs::path& staging,
                      const std::string& type) {
  source.capture(staging, no_progress());
  for (const SourceEntry& captured : source.entries()) {
    if (captured.name != entry) continue;
    const auto reader = source.open(captured);
    const fs::path copy = staging / "reply";
    write_new_file(*reader, copy);
    Metadata found;
    source.annotate(found);  // throws what is wrong with it
    return file_reply(copy, type, fs::path(captured.name).filename());
  }
  return error_reply(404);
}

std::string metric(const std::string& name, const std::string& help, std::int64_t value) {
  return prometheus_gauge(name, help, std::to_string(value));
}

/// What is busy may be asked again.
HttpReply failure_reply(ErrorKind kind) {
  const std::string_view name = info_of(kind).name;
  const bool busy = kind == ErrorKind::busy || kind == ErrorKind::pending;
  return busy ? later(503, "5", name) : error_reply(500, name);
}

}  // namespace

ExportService::ExportService(ExportOptions options) : options_(std::move(options)) {
  if (options_.token.size() < min_token_size) {
    throw Error(ErrorKind::key,
                "the token is shorter than " + std::to_string(min_token_size) + " characters",
                "make one with: openssl rand -hex 32");
  }
}

bool ExportService::authorised(const HttpServerRequest& request) const {
  const auto key = request.headers.find("x-api-key");
  if (key != request.headers.end()) return equal_secrets(key->second, options_.token);
  const auto header = request.headers.find("authorization");
  if (header == request.headers.end()) return false;
  constexpr std::string_view scheme = "Bearer ";
  if (header->second.starts_with(scheme)) {
    return equal_secrets(header->second.substr(scheme.size()), options_.token);
  }
  // What a browser remembers and sends by itself opens the page alone, no export.
  const auto password = basic_password(header->second);
  return request.path == "/" && password && equal_secrets(*password, options_.token);
}

HttpReply ExportService::handle(const HttpServerRequest& request) {
  if (!requests_.allow(request.peer)) return later(429, "10");
  if (request.path == "/health") {
    HttpReply reply;
    reply.body = "{\"status\": \"ok\"}\n";
    return reply;
  }
  // A right token is let in however many wrong ones came before: it is too long to be guessed, and
  // whoever shares an address with a prankster must not be locked out.
  if (!authorised(request)) {
    return wrong_tokens_.allow(request.peer) ? unauthorised(request.path) : later(429, "60");
  }
  if (request.path == "/") return report_page();
  if (request.path == "/metrics") return metrics();
  if (request.path.starts_with("/export/")) return export_data(request.path);
  return error_reply(404);
}

HttpReply ExportService::export_data(const std::string& path) {
  const std::unique_lock lock(exporting_, std::try_to_lock);
  if (!lock.owns_lock()) return later(503, "5", "another export is running");
  try {
    HttpReply reply = error_reply(404);
    if (path == "/export/tasks") reply = export_file("shared/tasks.json");
    if (path == "/export/agent_tasks") reply = export_file("shared/agent_tasks.json");
    if (path == "/export/database") reply = export_database();
    if (path == "/export/backup") reply = export_backup();
    if (reply.status == 200) last_export_ = unix_seconds(now());
    return reply;
  } catch (const Error& error) {
    log::warn(path + ": " + error.message());
    return failure_reply(error.kind());
  }
}

fs::path ExportService::scratch_parent() const {
  return options_.create.tmp_dir.value_or(fs::temp_directory_path());
}

HttpReply ExportService::export_file(const std::string& entry) const {
  refuse_while_pending(options_.create.root);
  const StagingDir staging(scratch_parent());
  JsonSource source(options_.create.root, JsonSourceOptions{options_.create.exclude});
  return entry_reply(source, entry, staging.path(), "application/json");
}

HttpReply ExportService::export_database() const {
  refuse_while_pending(options_.create.root);
  const auto location = locate_database(options_.create.root, options_.create.database);
  if (!location || !location->exists || location->postgresql) return error_reply(404);
  const StagingDir staging(scratch_parent());
  SqliteSource source(*location, {.busy_timeout = options_.create.lock_timeout});
  return entry_reply(source, sqlite_entry, staging.path(), "application/vnd.sqlite3");
}

std::optional<HttpReply> ExportService::newest_backup() const {
  if (options_.max_age.count() == 0) return std::nullopt;
  const fs::path& folder = options_.create.backup_dir;
  for (const BackupInfo& info : list_backups(LocalStore(folder))) {
    if (info.state != BackupState::good) continue;
    const auto age = now() - info.time;
    if (age < age.zero() || age > options_.max_age) return std::nullopt;
    return file_reply(folder / info.name, "application/zip", info.name);
  }
  return std::nullopt;
}

HttpReply ExportService::export_backup() const {
  if (auto newest = newest_backup()) return std::move(*newest);
  HttpReply reply;
  CreateOptions create = options_.create;
  // Whoever takes the backup compares it with those that they have.
  create.max_shrink = 100;
  create.deliver = [&reply](const fs::path& archive) {
    reply = file_reply(archive, "application/zip", "a2a_backup.zip");
  };
  const CreateResult result = create_backup(create, no_progress());
  reply.headers["Content-Disposition"] = "attachment; filename=\"" + std::string(backup_prefix) +
                                         format_compact(result.metadata.timestamp) + ".zip\"";
  return reply;
}

HttpReply ExportService::report_page() const {
  HttpReply reply;
  reply.content_type = "text/html; charset=utf-8";
  reply.body = options_.report();
  return reply;
}

HttpReply ExportService::metrics() const {
  std::int64_t count = 0;
  std::int64_t bytes = 0;
  std::int64_t broken = 0;
  const BackupInfo* newest = nullptr;
  const std::vector<BackupInfo> backups = list_backups(LocalStore(options_.create.backup_dir));
  for (const BackupInfo& info : backups) {
    bytes += static_cast<std::int64_t>(info.size);
    broken += info.state == BackupState::broken ? 1 : 0;
    if (!info.usable()) continue;
    ++count;
    if (newest == nullptr) newest = &info;
  }
  HttpReply reply;
  reply.content_type = "text/plain; version=0.0.4";
  reply.body = metric("a2a_backup_count", "Usable backups in the folder.", count) +
               metric("a2a_backup_broken", "Files in the folder that are no backups.", broken) +
               metric("a2a_backup_bytes", "Bytes of all files in the folder.", bytes);
  if (newest != nullptr) {
    const auto age = std::chrono::floor<std::chrono::seconds>(now() - newest->time).count();
    reply.body += metric("a2a_backup_last_success_timestamp_seconds",
                         "When the newest usable backup was made.", unix_seconds(newest->time)) +
                  metric("a2a_backup_last_size_bytes", "Size of the newest usable backup.",
                         static_cast<std::int64_t>(newest->size)) +
                  metric("a2a_backup_age_seconds", "Age of the newest usable backup.",
                         std::max<std::int64_t>(0, age));
  }
  if (last_export_ != 0) {
    reply.body += metric("a2a_backup_last_export_timestamp_seconds", "When an export last worked.",
                         last_export_);
  }
  if (options_.moments) reply.body += format_metrics(options_.moments());
  return reply;
}

}  // namespace a2a_backup
