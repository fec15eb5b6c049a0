// SPDX-License-Identifier: MIT
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "a2a_backup/backup/copy.hpp"
#include "a2a_backup/cli/commands.hpp"
#include "a2a_backup/cli/output.hpp"
#include "a2a_backup/cli/places.hpp"
#include "a2a_backup/cli/selection.hpp"

namespace a2a_backup {
namespace {

struct Flags {
  std::vector<std::string> selectors;
  std::vector<std::string> to;
  bool all_missing = false;
  bool dry_run = false;
};

std::vector<std::string> named_backups(const Flags& flags, const Store& from) {
  std::vector<std::string> names;
  for (const std::string& selector : flags.selectors) names.push_back(find_backup(from, selector));
  return names;
}

void print_result(const Store& from, const std::vector<PlaceResult>& results, bool dry_run,
                  const GlobalOptions& global) {
  if (global.json) {
    return print_json(
        {{"from", from.location()}, {"dry_run", dry_run}, {"places", places_to_json(results)}});
  }
  if (!dry_run) return print_places(results);
  for (const PlaceResult& result : results) {
    for (const std::string& name : result.copied) {
      print("would copy " + name + " to " + result.place + "\n");
    }
  }
}

void run_copy(const Flags& flags, const GlobalOptions& global) {
  if (flags.all_missing == !flags.selectors.empty()) {
    throw Error(ErrorKind::usage, "say which backups to copy, or --all-missing",
                "a2a-backup copy latest --to PLACE");
  }
  const std::unique_ptr<Store> from = backup_store(global);
  const std::vector<std::string> named = named_backups(flags, *from);
  const auto chosen = [&](const Store& place) {
    return flags.all_missing ? missing_backups(*from, place) : named;
  };
  const Places places = open_places(flags.to, global);
  std::vector<PlaceResult> results;
  if (flags.dry_run) {
    for (const auto& place : places) results.push_back({place->location(), chosen(*place), {}, {}});
  } else {
    results = copy_to_places(*from, chosen, places, global);
  }
  print_result(*from, results, flags.dry_run, global);
  const bool one = results.size() == 1 && results.front().problem;
  const ErrorKind kind = one ? results.front().problem->kind() : ErrorKind::failed;
  if (const auto problem = places_problem(results, kind)) throw Error(*problem);
}

}  // namespace

Command add_copy(CLI::App& app, const GlobalOptions& global) {
  auto flags = std::make_shared<Flags>();
  CLI::App* command = app.add_subcommand("copy", "Copy backups to another place");
  add_selectors(*command, flags->selectors)->description("Which ones, from where backups live");
  add_places_option(*command, flags->to)->required();
  command->add_flag("--all-missing", flags->all_missing, "All that are not there yet");
  command->add_flag("-n,--dry-run", flags->dry_run, "Say what would be copied, and stop");
  command->footer(
      "Examples:\n  a2a-backup copy latest --to elsewhere\n"
      "  a2a-backup copy --all-missing --to elsewhere\n");
  return {command, [flags, &global] { run_copy(*flags, global); }};
}

}  // namespace a2a_backup
