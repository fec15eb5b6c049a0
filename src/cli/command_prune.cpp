// SPDX-License-Identifier: MIT
#include <CLI/CLI.hpp>
#include <algorithm>
#include <nlohmann/json.hpp>

#include "a2a_backup/backup/prune.hpp"
#include "a2a_backup/cli/commands.hpp"
#include "a2a_backup/cli/confirmation.hpp"
#include "a2a_backup/cli/output.hpp"
#include "a2a_backup/cli/retention_options.hpp"
#include "a2a_backup/cli/selection.hpp"
#include "a2a_backup/core/file_lock.hpp"
#include "a2a_backup/core/text.hpp"

namespace a2a_backup {
namespace {

using Json = nlohmann::ordered_json;
using Plan = std::vector<RetentionDecision>;

struct Flags {
  RetentionFlags keep;
  bool dry_run = false;
};

/// What a run would remove: how many, and their bytes.
struct Removable {
  std::size_t count = 0;
  std::uint64_t bytes = 0;
};

Removable removable(const Plan& plan) {
  Removable sum;
  for (const RetentionDecision& decision : plan) {
    if (decision.keep) continue;
    ++sum.count;
    sum.bytes += decision.backup.size;
  }
  return sum;
}

std::string joined(const std::vector<std::string>& reasons) {
  std::string text;
  for (const std::string& reason : reasons) text += (text.empty() ? "" : "; ") + reason;
  return text;
}

void print_plan(const Plan& plan) {
  Table table({"NAME", "TIME", "PLAN", "WHY"});
  for (const RetentionDecision& decision : plan) {
    const bool dated = decision.backup.time != TimePoint{};
    table.add({decision.backup.name, dated ? format_readable(decision.backup.time) : "-",
               decision.keep ? "keep" : "remove", joined(decision.reasons)});
  }
  print(table.format({}, stdout_is_terminal()));
}

Json to_json(const RetentionDecision& decision, const PruneResult& result) {
  const BackupInfo& backup = decision.backup;
  const bool removed =
      std::find(result.removed.begin(), result.removed.end(), backup.name) != result.removed.end();
  return {{"name", backup.name},
          {"time", backup.time == TimePoint{} ? Json() : Json(format_rfc3339(backup.time))},
          {"size", backup.size},
          {"state", state_name(backup.state)},
          {"keep", decision.keep},
          {"reasons", decision.reasons},
          {"removed", removed}};
}

void print_as_json(const Plan& plan, const PruneResult& result, const Store& store, bool dry_run) {
  Json backups = Json::array();
  for (const RetentionDecision& decision : plan) backups.push_back(to_json(decision, result));
  print_json({{"backup_dir", store.location()},
              {"dry_run", dry_run},
              {"backups", backups},
              {"removed", result.removed.size()},
              {"freed", result.freed}});
}

void print_dry_run(const Plan& plan, const Store& store, const GlobalOptions& global) {
  if (global.json) return print_as_json(plan, {}, store, true);
  const Removable sum = removable(plan);
  print("would remove " + std::to_string(sum.count) + " of " + plural(plan.size(), "backup") +
        ", " + format_bytes(sum.bytes) + "\n");
}

void print_result(const Plan& plan, const PruneResult& result, const Store& store,
                  const GlobalOptions& global) {
  if (global.json) return print_as_json(plan, result, store, false);
  if (global.quiet) {
    for (const std::string& name : result.removed) print(name + "\n");
    return;
  }
  print("removed " + std::to_string(result.removed.size()) + " of " +
        plural(plan.size(), "backup") + ", " + format_bytes(result.freed) + "\n");
}

/// Asks before it locks: a question that nobody answers must not keep the nightly backup out.
PruneResult carry_out(Store& store, const RetentionPolicy& policy, const Plan& plan,
                      const GlobalOptions& global) {
  const Removable sum = removable(plan);
  if (sum.count == 0) return {};
  const std::string what = plural(sum.count, "backup");
  confirm(global, "remove " + what, "Remove " + what + " for good?");
  std::optional<FileLock> lock;
  if (const fs::path folder = global.backup_folder(); !folder.empty()) {
    lock.emplace(folder, FileLock::Mode::exclusive, global.lock_timeout());
  }
  return remove_agreed(store, policy, plan);
}

void run_prune(const Flags& flags, const GlobalOptions& global) {
  if (!flags.keep.any()) {
    throw Error(ErrorKind::usage, "say what to keep",
                "a good start: a2a-backup prune --keep-daily 30 --keep-weekly 12 --dry-run");
  }
  const RetentionPolicy policy = flags.keep.policy();
  const std::unique_ptr<Store> store = backup_store(global);
  const Plan plan = plan_prune(*store, policy);
  if (plan.empty() && !global.json) return print("no backups in " + store->location() + "\n");
  if (!global.json && !global.quiet) print_plan(plan);
  if (flags.dry_run) return print_dry_run(plan, *store, global);
  const PruneResult result = carry_out(*store, policy, plan, global);
  print_result(plan, result, *store, global);
  warn_of_denial(result);
  if (result.problem) throw *result.problem;
}

}  // namespace

Command add_prune(CLI::App& app, const GlobalOptions& global) {
  auto flags = std::make_shared<Flags>();
  CLI::App* command = app.add_subcommand("prune", "Remove old backups, and say why each stays");
  add_retention_options(*command, flags->keep);
  command->add_flag("-n,--dry-run", flags->dry_run, "Show what would be removed, and stop");
  command->footer(
      "Examples:\n  a2a-backup prune --keep-daily 30 --keep-weekly 12 --dry-run\n"
      "  a2a-backup prune --keep-last 10 --yes\n");
  return {command, [flags, &global] { run_prune(*flags, global); }};
}

}  // namespace a2a_backup
