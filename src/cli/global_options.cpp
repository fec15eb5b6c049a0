// SPDX-License-Identifier: MIT
#include "a2a_backup/cli/global_options.hpp"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <thread>

#include "a2a_backup/store/locations.hpp"

namespace a2a_backup {

fs::path GlobalOptions::root_folder() const {
  const fs::path folder = fs::absolute(root).lexically_normal();
  return folder.has_filename() ? folder : folder.parent_path();
}

fs::path GlobalOptions::backup_folder() const {
  if (is_store_url(backup_dir)) return {};
  const fs::path folder = backup_dir.empty() ? fs::path(root) / "backups" : fs::path(backup_dir);
  return folder.lexically_normal();
}

std::string GlobalOptions::backup_place() const {
  return is_store_url(backup_dir) ? backup_dir : backup_folder().string();
}

unsigned GlobalOptions::job_count() const {
  return jobs != 0 ? jobs : std::max(1U, std::thread::hardware_concurrency());
}

std::chrono::milliseconds GlobalOptions::lock_timeout() const {
  return std::chrono::milliseconds(static_cast<std::int64_t>(lock_timeout_seconds * 1000));
}

std::optional<fs::path> GlobalOptions::tmp_folder() const {
  if (tmp_dir.empty()) return std::nullopt;
  return fs::path(tmp_dir);
}

fs::path GlobalOptions::scratch_parent() const {
  if (!tmp_dir.empty()) return tmp_dir;
  const fs::path folder = backup_folder();
  return access(folder.c_str(), W_OK) == 0 ? folder : fs::temp_directory_path();
}

namespace {

void add_s3_options(CLI::App& app, S3Options& options) {
  const auto group = "Global options";
  app.add_option("--s3-provider", options.provider,
                 "aws, gcs, b2, minio or other (default: aws, or other with an endpoint)")
      ->type_name("NAME")
      ->check(CLI::IsMember(s3_providers()))
      ->group(group);
  app.add_option("--s3-endpoint", options.endpoint,
                 "Where S3 answers (default: AWS_ENDPOINT_URL, the profile's or the provider's)")
      ->type_name("URL")
      ->group(group);
  app.add_option("--s3-region", options.region,
                 "Where the bucket is (default: AWS_REGION, the profile's or the provider's)")
      ->type_name("REGION")
      ->group(group);
  app.add_option("--s3-addressing", options.addressing,
                 "path or host: where the bucket's name stands (default: the provider's)")
      ->type_name("WHERE")
      ->check(CLI::IsMember({"path", "host"}))
      ->group(group);
  app.add_option("--s3-ca-file", options.ca_file,
                 "Trust these authorities (PEM) alone (default: AWS_CA_BUNDLE)")
      ->type_name("FILE")
      ->group(group);
}

void add_pgbackrest_options(CLI::App& app, PgBackRestOptions& options) {
  const auto group = "Global options";
  app.add_option("--pgbackrest-stanza", options.stanza,
                 "What pgBackRest calls the PostgreSQL server that it keeps the log of")
      ->type_name("NAME")
      ->group(group);
  app.add_option("--pgbackrest-config", options.config,
                 "pgBackRest's configuration file (default: its usual one)")
      ->type_name("FILE")
      ->group(group);
}

}  // namespace

void add_global_options(CLI::App& app, GlobalOptions& options) {
  const auto group = "Global options";
  app.add_option("-C,--root", options.root, "The a2a-system's folder (default: .)")
      ->type_name("DIR")
      ->group(group);
  app.add_option("--backup-dir", options.backup_dir,
                 "Where backups live, such as s3://BUCKET/PREFIX (default: ROOT/backups)")
      ->type_name("DIR|URL")
      ->group(group);
  app.add_option("--config", options.config, "Read defaults from this TOML file")
      ->type_name("FILE")
      ->group(group);
  app.add_option("--tmp-dir", options.tmp_dir,
                 "Where working copies go (default: the backup's folder; for --output - and serve "
                 "the system's temporary folder)")
      ->type_name("DIR")
      ->group(group);
  app.add_option("--lock-timeout", options.lock_timeout_seconds,
                 "How long to wait for another run or a locked database (default: 10)")
      ->type_name("SECONDS")
      ->check(CLI::Range(0.0, 86400.0))
      ->group(group);
  app.add_option("-j,--jobs", options.jobs, "Threads to use (default: one per processor)")
      ->type_name("N")
      ->check(CLI::Range(1U, 64U))
      ->group(group);
  app.add_flag("--json", options.json, "One JSON document on stdout")->group(group);
  app.add_flag("-q,--quiet", options.quiet, "Only results and errors")->group(group);
  app.add_flag("-v,--verbose", options.verbose, "Say more on stderr")->group(group);
  app.add_option("--color", options.color, "auto, always or never (default: auto)")
      ->type_name("WHEN")
      ->check(CLI::IsMember({"auto", "always", "never"}))
      ->group(group);
  app.add_flag("--no-progress", options.no_progress, "No progress bar")->group(group);
  app.add_flag("-y,--yes", options.yes, "Do not ask")->group(group);
  add_s3_options(app, options.s3);
  add_pgbackrest_options(app, options.pgbackrest);
}

}  // namespace a2a_backup
