// SPDX-License-Identifier: MIT
#include <CLI/CLI.hpp>

#include "a2a_backup/backup/export_service.hpp"
#include "a2a_backup/backup/point_in_time_watch.hpp"
#include "a2a_backup/cli/commands.hpp"
#include "a2a_backup/cli/html_report.hpp"
#include "a2a_backup/cli/usage_errors.hpp"
#include "a2a_backup/core/interrupt.hpp"
#include "a2a_backup/core/log.hpp"
#include "a2a_backup/core/secret.hpp"
#include "a2a_backup/store/local_store.hpp"

namespace a2a_backup {
namespace {

struct Flags {
  std::string listen = "127.0.0.1:8765";
  std::string token_file;
  std::string tls_cert;
  std::string tls_key;
  std::string max_age = "0s";
  std::optional<std::string> database;
  std::vector<std::string> exclude;
  bool insecure_http = false;
};

std::string read_token(const Flags& flags) {
  if (!flags.token_file.empty()) return read_secret_file(flags.token_file);
  if (auto token = secret_from_environment("A2A_BACKUP_TOKEN")) return *token;
  throw Error(ErrorKind::key, "serve hands out everything, and does not start without a token",
              "make one with: (umask 077; openssl rand -hex 32 > token), and give it with "
              "--token-file token");
}

HttpServerOptions server_options(const Flags& flags) {
  HttpServerOptions options;
  std::tie(options.host, options.port) = parse_listen_address(flags.listen);
  options.tls_cert = flags.tls_cert;
  options.tls_key = flags.tls_key;
  if (flags.tls_cert.empty() != flags.tls_key.empty()) {
    throw Error(ErrorKind::usage, "--tls-cert and --tls-key go together", "give both");
  }
  const bool in_clear = flags.tls_cert.empty() && !is_loopback(options.host);
  if (in_clear && !flags.insecure_http) {
    throw Error(ErrorKind::refused,
                "on " + options.host + " the data, and the token, would pass in clear",
                "give --tls-cert and --tls-key, or listen on 127.0.0.1 behind a proxy that "
                "encrypts; --insecure-http does it all the same");
  }
  return options;
}

ExportOptions export_options(const Flags& flags, const GlobalOptions& global) {
  ExportOptions options;
  options.create.root = global.root_folder();
  options.create.backup_dir = global.backup_folder();
  if (options.create.backup_dir.empty()) {
    throw Error(ErrorKind::usage, "serve hands out backups that live in a folder",
                "name one with --backup-dir DIR");
  }
  options.create.tmp_dir = global.tmp_folder();
  options.create.database = flags.database;
  options.create.exclude = flags.exclude;
  options.create.jobs = global.job_count();
  options.create.lock_timeout = global.lock_timeout();
  options.token = read_token(flags);
  options.max_age = duration_of("--max-age", flags.max_age, "26h");
  if (!global.pgbackrest.stanza.empty()) {
    auto watch = std::make_shared<PointInTimeWatch>(
        global.pgbackrest.stanza,
        [pgbackrest = global.pgbackrest] { return look_at_point_in_time(pgbackrest); });
    options.moments = [watch] { return watch->latest(); };
  }
  options.report = [folder = options.create.backup_dir, moments = options.moments] {
    Report report = collect_report(LocalStore(folder), folder);
    if (moments) report.moments = moments();
    return format_html_report(report);
  };
  return options;
}

void run_serve(const Flags& flags, const GlobalOptions& global) {
  ExportService service(export_options(flags, global));
  if (!fs::is_directory(global.root_folder())) {
    throw Error(ErrorKind::source, "there is no folder " + global.root_folder().string(),
                "name the a2a-system's folder with -C DIR");
  }
  HttpServerOptions options = server_options(flags);
  const bool encrypted = !options.tls_cert.empty();
  HttpServer server(std::move(options), [&service](const HttpServerRequest& request) {
    return service.handle(request);
  });
  // A signal ends the waiting, not what is being handed out.
  const InterruptShield shield;
  log::info(std::string("serving ") + (encrypted ? "https://" : "http://") + server.address());
  server.run();
  log::info("stopped");
}

}  // namespace

Command add_serve(CLI::App& app, const GlobalOptions& global) {
  auto flags = std::make_shared<Flags>();
  CLI::App* command =
      app.add_subcommand("serve", "Hand out backups over HTTP, to who has the token");
  command->add_option("--listen", flags->listen, "Address and port")
      ->type_name("ADDRESS:PORT")
      ->capture_default_str();
  command
      ->add_option("--token-file", flags->token_file,
                   "The token, at least 32 characters (default: A2A_BACKUP_TOKEN)")
      ->type_name("FILE");
  command->add_option("--tls-cert", flags->tls_cert, "Certificate chain, PEM")->type_name("FILE");
  command->add_option("--tls-key", flags->tls_key, "Its private key, PEM")->type_name("FILE");
  command
      ->add_option("--max-age", flags->max_age,
                   "Hand out the newest backup when it is younger, instead of a fresh one")
      ->type_name("AGE")
      ->capture_default_str();
  command->add_option("--database", flags->database, "The database, as for create")
      ->type_name("PATH|URL|none");
  command->add_option("--exclude", flags->exclude, "Leave out entries that match")
      ->type_name("GLOB")
      ->allow_extra_args(false);
  command->add_flag("--insecure-http", flags->insecure_http,
                    "Listen without encryption where others can listen in");
  command->footer(
      "Examples:\n  a2a-backup -C /app serve --token-file token\n"
      "  a2a-backup serve --token-file token --listen [::1]:9000 --max-age 26h\n");
  return {command, [flags, &global] { run_serve(*flags, global); }};
}

}  // namespace a2a_backup
