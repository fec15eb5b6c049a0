// SPDX-License-Identifier: MIT
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>

#include "a2a_backup/backup/create.hpp"
#include "a2a_backup/cli/commands.hpp"
#include "a2a_backup/cli/hooks.hpp"
#include "a2a_backup/cli/monitoring.hpp"
#include "a2a_backup/cli/output.hpp"
#include "a2a_backup/cli/places.hpp"
#include "a2a_backup/cli/progress_bar.hpp"
#include "a2a_backup/cli/retention_options.hpp"
#include "a2a_backup/cli/selection.hpp"
#include "a2a_backup/cli/service_flags.hpp"
#include "a2a_backup/core/log.hpp"
#include "a2a_backup/core/text.hpp"
#include "a2a_backup/store/locations.hpp"

namespace a2a_backup {
namespace {

using Json = nlohmann::ordered_json;

struct Flags {
  std::optional<std::string> database;
  std::vector<std::string> require;
  std::vector<std::string> exclude;
  std::vector<std::string> tags;
  std::vector<std::string> encrypt_to;
  std::string output;
  int level = default_deflate_level;
  bool store_only = false;
  ServiceFlags service;
  unsigned max_shrink = 50;
  HookFlags hooks;
  MonitoringFlags monitoring;
  bool dry_run = false;
  RetentionFlags keep;
  std::vector<std::string> to;
};

CreateOptions to_options(const Flags& flags, const GlobalOptions& global) {
  CreateOptions options;
  options.root = global.root_folder();
  options.backup_dir = global.backup_folder();
  if (options.backup_dir.empty()) options.store = backup_store(global);
  options.tmp_dir = global.tmp_folder();
  options.database = flags.database;
  options.require = flags.require;
  options.exclude = flags.exclude;
  options.encrypt_to = flags.encrypt_to;
  options.from = to_service_options(flags.service);
  options.max_shrink = flags.max_shrink;
  if (options.from && (flags.database || !flags.exclude.empty())) {
    throw Error(ErrorKind::usage, "--database and --exclude do not go with --from",
                "the service decides what it exports");
  }
  options.level = flags.store_only ? 0 : flags.level;
  options.jobs = global.job_count();
  options.lock_timeout = global.lock_timeout();
  options.dry_run = flags.dry_run;
  if (flags.keep.any()) options.retention = flags.keep.policy();
  for (const std::string& tag : flags.tags) {
    const std::size_t equals = tag.find('=');
    if (equals == std::string::npos || equals == 0) {
      throw Error(ErrorKind::usage, "--tag " + tag + " is not of the form KEY=VALUE",
                  "write it like --tag run=nightly");
    }
    options.tags[tag.substr(0, equals)] = tag.substr(equals + 1);
  }
  return options;
}

void write_to_stdout(const fs::path& archive) {
  if (isatty(STDOUT_FILENO) == 1) {
    throw Error(ErrorKind::usage, "an archive is not for the terminal",
                "send it somewhere: a2a-backup create --output - > backup.zip");
  }
  FileReader reader(archive);
  copy_all(reader, STDOUT_FILENO, "stdout");
}

Json to_json(const CreateResult& result, const std::vector<PlaceResult>& copies) {
  Json json{{"path", result.path.string()},
            {"name", result.path.filename().string()},
            {"size", result.size},
            {"sha256", result.sha256},
            {"timestamp", format_rfc3339(result.metadata.timestamp)},
            {"files", Json::array()}};
  for (const EntryRecord& entry : result.metadata.entries) {
    json["files"].push_back({{"path", entry.path}, {"size", entry.size}, {"sha256", entry.sha256}});
  }
  if (result.metadata.tasks) json["tasks"] = tasks_to_json(*result.metadata.tasks);
  if (result.metadata.database) json["tables"] = result.metadata.database->tables;
  if (result.encrypted) {
    json["encryption"] = {{"program", "age"}, {"proven", result.encryption_proven}};
  }
  json["warnings"] = result.metadata.warnings;
  if (result.pruned) json["pruned"] = result.pruned->removed;
  if (!copies.empty()) json["copies"] = places_to_json(copies);
  return json;
}

void append_to(const char* variable, const std::string& text) {
  const char* file = std::getenv(variable);
  if (file == nullptr || *file == '\0') return;
  std::ofstream stream(file, std::ios::app);
  stream << text;
}

/// For the steps that follow in a GitHub Actions job, and the page that people look at.
void report_to_github(const CreateResult& result) {
  const char* actions = std::getenv("GITHUB_ACTIONS");
  if (actions == nullptr || std::string_view(actions) != "true") return;
  append_to("GITHUB_OUTPUT",
            "path=" + result.path.string() + "\nname=" + result.path.filename().string() +
                "\nsha256=" + result.sha256 + "\nsize=" + std::to_string(result.size) + "\n");
  std::string summary = "| file | size | SHA-256 |\n|---|---:|---|\n";
  for (const EntryRecord& entry : result.metadata.entries) {
    summary +=
        "| " + entry.path + " | " + format_bytes(entry.size) + " | `" + entry.sha256 + "` |\n";
  }
  append_to("GITHUB_STEP_SUMMARY", "### " + result.path.filename().string() + "\n\n" + summary +
                                       "\n" + describe_content(result.metadata) + "\n");
}

/// Short where it is a path of this machine.
std::string shown_source(const CreateResult& result, const std::string& source) {
  if (!result.received_from.empty()) return result.received_from;
  if (source.find("://") != std::string::npos) return source;
  return fs::path(source).lexically_proximate(fs::current_path()).string();
}

void print_result(const CreateResult& result, const std::vector<PlaceResult>& copies,
                  const GlobalOptions& global) {
  if (global.json) return print_json(to_json(result, copies));
  if (global.quiet) return print(result.path.string() + "\n");
  std::uint64_t captured = 0;
  for (const EntryRecord& entry : result.metadata.entries) captured += entry.size;
  print("backed up to " + result.path.string() + "\n");
  for (const EntryRecord& entry : result.metadata.entries) {
    print("  " + entry.path + "  " + format_bytes(entry.size) + "  from " +
          shown_source(result, entry.source) + "\n");
  }
  const std::string content = describe_content(result.metadata);
  print("holds " + (content.empty() ? plural(result.metadata.entries.size(), "file") : content) +
        "; " + format_bytes(captured) + " in " + format_bytes(result.size) + "\n");
  print("proven: read back, every size, CRC-32 and SHA-256 is that of the data captured\n");
  if (result.encrypted) {
    print(result.encryption_proven ? "encrypted, and proven: decrypted again to the same bytes\n"
                                   : "encrypted\n");
  }
  if (result.pruned && !result.pruned->removed.empty()) {
    print("removed " + plural(result.pruned->removed.size(), "old backup") + ", " +
          format_bytes(result.pruned->freed) + "\n");
  }
  print_places(copies);
  const std::string name = result.path.filename().string();
  if (!result.encrypted) return suggest(global, "a2a-backup inspect " + name);
  suggest(global, "a2a-backup verify " + name + " --identity FILE   (where the secret key is)");
}

void print_dry_run(const CreateResult& result, const GlobalOptions& global) {
  if (global.json) {
    return print_json({{"dry_run", true},
                       {"sources", result.metadata.files},
                       {"size", result.size},
                       {"warnings", result.metadata.warnings}});
  }
  for (const std::string& source : result.metadata.files) print("would back up " + source + "\n");
  print(format_bytes(result.size) + " before compression, into " + global.backup_place() + "\n");
}

CreateResult take_backup(const CreateOptions& options, const GlobalOptions& global) {
  ProgressBar bar(global);
  const std::shared_ptr<Store> store = options.backups();
  const ReportedStore reported(*store, bar);
  CreateResult result = create_backup(options, bar);
  for (const std::string& warning : result.metadata.warnings) log::warn(warning);
  if (result.pruned) warn_of_denial(*result.pruned);
  return result;
}

HookFacts facts_for_hooks(const CreateResult& result) {
  const bool here = !result.path.empty() && !is_store_url(result.path);
  HookFacts facts{
      {"A2A_HOOK_PATH", here ? fs::absolute(result.path).string() : result.path.string()},
      {"A2A_HOOK_NAME", result.path.filename().string()},
      {"A2A_HOOK_SIZE", std::to_string(result.size)},
      {"A2A_HOOK_SHA256", result.sha256}};
  if (result.pruned && result.pruned->problem) {
    facts["A2A_HOOK_PRUNE_ERROR"] = result.pruned->problem->message();
  }
  return facts;
}

/// The backup is there, and has been reported: an alarm must sound, but not that of a lost backup.
Error pruning_failed(const Error& problem) {
  const bool stopped =
      problem.kind() == ErrorKind::interrupted || problem.kind() == ErrorKind::terminated;
  return {stopped ? problem.kind() : ErrorKind::partial,
          "the new backup is good, but old ones are left: " + problem.message(), problem.hint()};
}

/// Local first, elsewhere second: whatever happens there, the backup is here.
std::vector<PlaceResult> copy_elsewhere(const CreateResult& result, const CreateOptions& options,
                                        const Places& places, const GlobalOptions& global) {
  if (places.empty()) return {};
  const std::vector<std::string> name{result.path.filename()};
  return copy_to_places(
      *options.backups(), [&](const Store&) { return name; }, places, global);
}

/// What is wrong although the backup is good.
std::optional<Error> problem_after(const CreateResult& result,
                                   const std::vector<PlaceResult>& copies) {
  if (result.pruned && result.pruned->problem) return pruning_failed(*result.pruned->problem);
  const auto problem = places_problem(copies, ErrorKind::partial);
  if (!problem) return std::nullopt;
  return Error(ErrorKind::partial, "backed up here, but not elsewhere: " + problem->message(),
               problem->hint());
}

void create_with_hooks(const Flags& flags, const CreateOptions& options, const Places& places,
                       const GlobalOptions& global, MonitoredResult& told) {
  std::optional<Error> problem;
  with_hooks(flags.hooks, "create", [&] {
    const CreateResult result = take_backup(options, global);
    told = {true, result.size, !result.encrypted || result.encryption_proven,
            describe_content(result.metadata) + " in " + format_bytes(result.size)};
    report_to_github(result);
    const std::vector<PlaceResult> copies = copy_elsewhere(result, options, places, global);
    if (!options.deliver) print_result(result, copies, global);
    problem = problem_after(result, copies);
    HookFacts facts = facts_for_hooks(result);
    if (const auto failed = places_problem(copies, ErrorKind::partial)) {
      facts["A2A_HOOK_COPY_ERROR"] = failed->message();
    }
    return facts;
  });
  if (problem) throw Error(*problem);
}

void run_create(const Flags& flags, const GlobalOptions& global) {
  CreateOptions options = to_options(flags, global);
  const bool stream = flags.output == "-";
  if (stream) {
    options.deliver = write_to_stdout;
  } else if (!flags.output.empty()) {
    options.output = flags.output;
  }
  if (!flags.to.empty() && (stream || options.output)) {
    throw Error(ErrorKind::usage, "--to and --output do not go together",
                "what is copied is the backup in the place of all backups");
  }
  const Places places = open_places(flags.to, global);
  if (flags.dry_run) return print_dry_run(take_backup(options, global), global);
  with_monitoring(flags.monitoring, "create", [&](MonitoredResult& told) {
    create_with_hooks(flags, options, places, global, told);
  });
}

}  // namespace

Command add_create(CLI::App& app, const GlobalOptions& global) {
  auto flags = std::make_shared<Flags>();
  CLI::App* command = app.add_subcommand("create", "Take one backup, and prove it");
  command
      ->add_option("--database", flags->database,
                   "The database: a path, a sqlite:/// or postgresql:// URL, or none "
                   "(default: A2A_DATABASE_URL, else database/a2a_system.db)")
      ->type_name("PATH|URL|none");
  command
      ->add_option("--require", flags->require,
                   "Fail when this is missing: an entry such as shared/agent_tasks.json, or "
                   "database (shared/tasks.json always is)")
      ->type_name("NAME")
      ->allow_extra_args(false);
  command->add_option("--exclude", flags->exclude, "Leave out entries that match")
      ->type_name("GLOB")
      ->allow_extra_args(false);
  add_places_option(*command, flags->to);
  command->add_option("--output", flags->output, "Write this file instead, or - for stdout")
      ->type_name("FILE");
  command
      ->add_option("--encrypt-to", flags->encrypt_to,
                   "Encrypt with age to this public key (age1..., ssh-ed25519 ...) or to those in "
                   "this file; may be repeated")
      ->type_name("RECIPIENT|FILE")
      ->allow_extra_args(false);
  command->add_option("--level", flags->level, "Compression, from 1 (fast) to 9 (small)")
      ->check(CLI::Range(1, 9))
      ->type_name("1..9")
      ->capture_default_str();
  command->add_flag("--store-only", flags->store_only, "Do not compress");
  command->add_option("--tag", flags->tags, "Note this in the metadata")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
  command
      ->add_option("--max-shrink", flags->max_shrink,
                   "Refuse when more than this is gone since the newest good backup")
      ->check(CLI::Range(0, 100))
      ->type_name("PERCENT")
      ->capture_default_str();
  add_service_options(*command, flags->service);
  add_hook_options(*command, flags->hooks);
  add_monitoring_options(*command, flags->monitoring);
  command->add_flag("-n,--dry-run", flags->dry_run, "Say what would be backed up, and stop");
  add_retention_options(*command, flags->keep);
  command->footer(
      "Examples:\n  a2a-backup create\n"
      "  a2a-backup -C /app create --database database/a2a_system.db\n"
      "  a2a-backup create --keep-daily 30 --keep-weekly 12\n");
  return {command, [flags, &global] { run_create(*flags, global); }};
}

}  // namespace a2a_backup
