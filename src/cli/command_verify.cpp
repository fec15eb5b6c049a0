// SPDX-License-Identifier: MIT
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "a2a_backup/backup/history.hpp"
#include "a2a_backup/backup/verify.hpp"
#include "a2a_backup/cli/commands.hpp"
#include "a2a_backup/cli/monitoring.hpp"
#include "a2a_backup/cli/output.hpp"
#include "a2a_backup/cli/point_in_time.hpp"
#include "a2a_backup/cli/progress_bar.hpp"
#include "a2a_backup/cli/selection.hpp"
#include "a2a_backup/cli/usage_errors.hpp"
#include "a2a_backup/core/text.hpp"

namespace a2a_backup {
namespace {

using Json = nlohmann::ordered_json;

struct Flags {
  std::vector<std::string> selectors;
  bool all = false;
  std::string max_age;
  OpeningFlags opening;
  MonitoringFlags monitoring;
};

struct Outcome {
  std::string name;
  Verification verification;
  std::string problem;                 ///< empty when it is good
  std::optional<SealedBackup> sealed;  ///< it is neither, nobody could look into it
};

std::vector<std::string> all_names(const Store& store) {
  std::vector<std::string> names;
  for (const BackupInfo& info : list_backups(store)) names.push_back(info.name);
  if (names.empty()) {
    throw Error(ErrorKind::not_found, "there are no backups in " + store.location(),
                "make one with 'a2a-backup create', or name the folder with --backup-dir");
  }
  return names;
}

/// One backup that is bad must not hide the others, so its error becomes part of the result.
Outcome verify_one(Store& store, const std::string& selector, const Flags& flags,
                   const GlobalOptions& global) {
  Outcome outcome;
  outcome.name = selector;
  ProgressBar bar(global);
  std::optional<DrillRecord> drill;  // what does not even open, `list` finds by itself
  try {
    SelectedBackup backup = open_backup(store, selector, flags.opening, global, Reading::whole);
    outcome.name = backup.name;
    drill.emplace(global.backup_folder(), backup.file->name(), DrillKind::verify);
    outcome.verification = verify_backup(backup, global.scratch_parent(), bar);
    bar.clear();
    drill->good(outcome.verification.bytes);
  } catch (const SealedBackup& sealed) {
    outcome.name = sealed.name();
    outcome.sealed = sealed;
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::archive) throw;
    outcome.problem = error.message();
    bar.clear();
    if (drill) drill->bad(outcome.problem);
  }
  return outcome;
}

Json to_json(const Outcome& outcome) {
  if (!outcome.problem.empty()) {
    return {{"name", outcome.name}, {"ok", false}, {"problem", outcome.problem}};
  }
  if (outcome.sealed) {
    const TimePoint time = outcome.sealed->time();
    return {{"name", outcome.name},
            {"ok", Json()},
            {"sealed", outcome.sealed->message()},
            {"time", time == TimePoint{} ? Json() : Json(format_rfc3339(time))},
            {"size", outcome.sealed->size()}};
  }
  const Verification& result = outcome.verification;
  return {{"name", outcome.name},
          {"ok", true},
          {"time", format_rfc3339(result.time)},
          {"entries", result.entries},
          {"bytes", result.bytes},
          {"tasks", result.tasks},
          {"rows", result.rows},
          {"digests", !result.legacy}};
}

void print_outcome(const Outcome& outcome) {
  if (!outcome.problem.empty())
    return print("bad   " + outcome.name + ": " + outcome.problem + "\n");
  if (outcome.sealed) {
    return print("sealed  " + outcome.name + ": " + format_bytes(outcome.sealed->size()) +
                 ", encrypted, not looked into\n");
  }
  const Verification& result = outcome.verification;
  print("good  " + outcome.name + ": " + plural(result.entries, "file") + ", " +
        format_bytes(result.bytes) + ", " + plural(result.tasks, "task") +
        (result.has_database ? ", " + plural(result.rows, "row") : "") +
        (result.database_proof.empty() ? "" : ", " + result.database_proof) +
        (result.legacy ? ", no digests (version 1), CRC-32 only" : "") + "\n");
}

void require_fresh(const std::vector<Outcome>& outcomes, std::chrono::seconds limit,
                   const std::string& max_age) {
  std::optional<TimePoint> newest;
  for (const Outcome& outcome : outcomes) {
    if (!outcome.problem.empty()) continue;
    const TimePoint time = outcome.sealed ? outcome.sealed->time() : outcome.verification.time;
    newest = std::max(newest.value_or(time), time);
  }
  if (newest && now() - *newest <= limit) return;
  throw Error(ErrorKind::check,
              newest ? "the newest good backup is " + format_age(now() - *newest) +
                           " old, the limit is " + max_age
                     : "there is no good backup, the limit is " + max_age,
              "take one with 'a2a-backup create', and see why the last runs did not");
}

/// A machine that has no key can still ask how old the newest backup is, and nothing else.
void require_opened(const std::vector<Outcome>& outcomes, const Flags& flags) {
  if (!flags.max_age.empty() && flags.opening.identities.empty()) return;
  std::vector<const SealedBackup*> sealed;
  for (const Outcome& outcome : outcomes) {
    if (outcome.sealed) sealed.push_back(&*outcome.sealed);
  }
  if (sealed.empty()) return;
  if (outcomes.size() == 1) throw SealedBackup(*sealed.front());
  throw Error(ErrorKind::key,
              plural(sealed.size(), "backup") + " of " + std::to_string(outcomes.size()) +
                  " could not be opened: " + sealed.front()->message(),
              sealed.front()->hint());
}

void run_verify(const Flags& flags, const GlobalOptions& global, MonitoredResult& told) {
  const std::unique_ptr<Store> store = backup_store(global);
  std::vector<std::string> selectors = flags.selectors;
  if (flags.all) selectors = all_names(*store);
  if (selectors.empty()) selectors = {"latest"};
  // A bad duration is found before an hour of reading, not after it.
  std::optional<std::chrono::seconds> limit;
  if (!flags.max_age.empty()) limit = duration_of("--max-age", flags.max_age, "26h");
  std::vector<Outcome> outcomes;
  Json results = Json::array();
  std::size_t bad = 0;
  std::size_t sealed = 0;
  std::uint64_t bytes = 0;
  for (const std::string& selector : selectors) {
    outcomes.push_back(verify_one(*store, selector, flags, global));
    if (!outcomes.back().problem.empty()) ++bad;
    if (outcomes.back().sealed) ++sealed;
    bytes += outcomes.back().verification.bytes;
    results.push_back(to_json(outcomes.back()));
    if (!global.json) print_outcome(outcomes.back());
  }
  const auto moments = point_in_time(global);
  told.moments = moments;
  if (global.json) {
    Json document{{"backups", results}, {"bad", bad}, {"sealed", sealed}};
    if (moments) document["point_in_time"] = point_in_time_to_json(*moments);
    print_json(document);
  } else if (moments) {
    print_point_in_time(*moments);
  }
  if (bad > 0) {
    throw Error(ErrorKind::archive,
                plural(bad, "backup") + " of " + std::to_string(outcomes.size()) +
                    (bad == 1 ? " is bad" : " are bad"),
                "keep the others, and look at the disk that held them");
  }
  require_opened(outcomes, flags);
  if (limit) require_fresh(outcomes, *limit, flags.max_age);
  if (moments) require_point_in_time(*moments, limit, flags.max_age);
  told = {true, bytes, sealed == 0, plural(outcomes.size() - sealed, "backup") + " verified",
          moments};
  if (sealed > 0 || !flags.opening.identities.empty()) return;  // it would want a key as well
  suggest(global, "a2a-backup restore " + shell_word(selectors.front()) + " --dry-run");
}

}  // namespace

Command add_verify(CLI::App& app, const GlobalOptions& global) {
  auto flags = std::make_shared<Flags>();
  CLI::App* command = app.add_subcommand("verify", "Read backups as a restore would, and compare");
  add_selectors(*command, flags->selectors);
  command->add_flag("--all", flags->all, "Every backup there is");
  command
      ->add_option("--max-age", flags->max_age,
                   "Fail when the newest good backup is older, such as 26h")
      ->type_name("AGE");
  add_opening_options(*command, flags->opening);
  add_monitoring_options(*command, flags->monitoring);
  command->footer("Examples:\n  a2a-backup verify\n  a2a-backup verify --all --max-age 26h\n");
  return {command, [flags, &global] {
            with_monitoring(flags->monitoring, "verify",
                            [&](MonitoredResult& told) { run_verify(*flags, global, told); });
          }};
}

}  // namespace a2a_backup
