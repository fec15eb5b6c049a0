// SPDX-License-Identifier: MIT
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "a2a_backup/backup/create.hpp"
#include "a2a_backup/cli/commands.hpp"
#include "a2a_backup/cli/create_output.hpp"
#include "a2a_backup/cli/hooks.hpp"
#include "a2a_backup/cli/monitoring.hpp"
#include "a2a_backup/cli/output.hpp"
#include "a2a_backup/cli/places.hpp"
#include "a2a_backup/cli/progress_bar.hpp"
#include "a2a_backup/cli/retention_options.hpp"
#include "a2a_backup/cli/selection.hpp"
#include "a2a_backup/cli/service_flags.hpp"
#include "a2a_backup/core/interrupt.hpp"
#include "a2a_backup/core/log.hpp"
#include "a2a_backup/core/text.hpp"
#include "a2a_backup/store/locations.hpp"

namespace a2a_backup {
namespace {

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
  bool if_changed = false;
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
  options.if_changed = flags.if_changed;
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

/// The backup is there, and has been reported: an alarm must sound, but not that of a lost backup.
Error pruning_failed(const Error& problem) {
  return {is_signal(problem) ? problem.kind() : ErrorKind::partial,
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
    told = told_of(result);
    report_to_github(result);
    const std::vector<PlaceResult> copies = copy_elsewhere(result, options, places, global);
    if (!options.deliver) print_created(result, copies, global);
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
  if (flags.if_changed && (stream || options.output)) {
    throw Error(
        ErrorKind::usage, "--if-changed and --output do not go together",
        "it compares with the latest backup in the place of all backups; --if-changed=false "
        "overrides the configuration");
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
  command->add_flag("--if-changed", flags->if_changed,
                    "Make no backup when the latest one holds all that there is");
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
