// SPDX-License-Identifier: MIT
#include "a2a_backup/backup/export_service.hpp"

#include <array>

#include "a2a_backup/archive/entry_name.hpp"
#include "a2a_backup/backup/catalog.hpp"
#include "a2a_backup/backup/restore_journal.hpp"
#include "a2a_backup/core/log.hpp"
#include "a2a_backup/core/secret.hpp"
#include "a2a_backup/source/json_source.hpp"
#include "a2a_backup/source/sqlite_source.hpp"
#include "a2a_backup/store/local_store.hpp"

namespace a2a_backup {
namespace {

HttpReply plain(int status, const std::string& error, const std::string& retry_after = {}) {
  HttpReply reply;
  reply.status = status;
  reply.body = "{\"error\": \"" + error + "\"}\n";
  if (!retry_after.empty()) reply.headers["Retry-After"] = retry_after;
  return reply;
}

/// A browser asks for a name and a password only where the answer says Basic.
HttpReply unauthorised(const std::string& path) {
  HttpReply reply = plain(401, "unauthorized");
  reply.headers["WWW-Authenticate"] = path == "/" ? R"(Basic realm="a2a-backup")" : "Bearer";
  return reply;
}

HttpReply not_found() {
  return plain(404, "not found");
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
    return file_reply(copy, type, fs::path(captured.name).filename());
  }
  return not_found();
}

std::string metric(const std::string& name, const std::string& help, std::uint64_t value) {
  return "# HELP " + name + " " + help + "\n# TYPE " + name + " gauge\n" + name + " " +
         std::to_string(value) + "\n";
}

std::uint64_t seconds_since_1970(TimePoint time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time.time_since_epoch()).count();
  return seconds < 0 ? 0 : static_cast<std::uint64_t>(seconds);
}

int status_of(ErrorKind kind) {
  return kind == ErrorKind::busy || kind == ErrorKind::pending ? 503 : 500;
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
  if (!requests_.allow(request.peer)) return plain(429, "too many requests", "10");
  if (request.path == "/health") {
    HttpReply reply;
    reply.body = "{\"status\": \"ok\"}\n";
    return reply;
  }
  // A right token is let in however many wrong ones came before: it is too long to be guessed, and
  // whoever shares an address with a prankster must not be locked out.
  if (!authorised(request)) {
    return wrong_tokens_.allow(request.peer) ? unauthorised(request.path)
                                             : plain(429, "too many requests", "60");
  }
  if (request.path == "/") return report_page();
  if (request.path == "/metrics") return metrics();
  if (request.path.starts_with("/export/")) return export_data(request.path);
  return not_found();
}

HttpReply ExportService::export_data(const std::string& path) {
  const std::unique_lock lock(exporting_, std::try_to_lock);
  if (!lock.owns_lock()) return plain(503, "another export is running", "5");
  try {
    HttpReply reply = not_found();
    if (path == "/export/tasks") reply = export_file("shared/tasks.json");
    if (path == "/export/agent_tasks") reply = export_file("shared/agent_tasks.json");
    if (path == "/export/database") reply = export_database();
    if (path == "/export/backup") reply = export_backup();
    if (reply.status == 200) {
      last_export_ = static_cast<std::int64_t>(seconds_since_1970(now()));
    }
    return reply;
  } catch (const Error& error) {
    log::warn(path + ": " + error.message());
    return plain(status_of(error.kind()), std::string(info_of(error.kind()).name),
                 status_of(error.kind()) == 503 ? "5" : "");
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
  if (!location || !location->exists) return not_found();
  const StagingDir staging(scratch_parent());
  SqliteSource source(*location, options_.create.lock_timeout);
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
  std::uint64_t count = 0;
  std::uint64_t bytes = 0;
  std::uint64_t broken = 0;
  const BackupInfo* newest = nullptr;
  const std::vector<BackupInfo> backups = list_backups(LocalStore(options_.create.backup_dir));
  for (const BackupInfo& info : backups) {
    bytes += info.size;
    broken += info.state == BackupState::broken ? 1U : 0U;
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
    reply.body +=
        metric("a2a_backup_last_success_timestamp_seconds",
               "When the newest usable backup was made.", seconds_since_1970(newest->time)) +
        metric("a2a_backup_last_size_bytes", "Size of the newest usable backup.", newest->size) +
        metric("a2a_backup_age_seconds", "Age of the newest usable backup.",
               static_cast<std::uint64_t>(std::max<std::int64_t>(0, age)));
  }
  if (last_export_ != 0) {
    reply.body += metric("a2a_backup_last_export_timestamp_seconds", "When an export last worked.",
                         static_cast<std::uint64_t>(last_export_.load()));
  }
  return reply;
}

}  // namespace a2a_backup
