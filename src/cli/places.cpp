// SPDX-License-Identifier: MIT
#include "a2a_backup/cli/places.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "a2a_backup/backup/copy.hpp"
#include "a2a_backup/cli/output.hpp"
#include "a2a_backup/cli/progress_bar.hpp"
#include "a2a_backup/core/interrupt.hpp"
#include "a2a_backup/core/side_work.hpp"
#include "a2a_backup/core/text.hpp"
#include "a2a_backup/store/local_store.hpp"
#include "a2a_backup/store/locations.hpp"

namespace a2a_backup {
namespace {

using Choice = std::function<std::vector<std::string>(const Store&)>;

PlaceResult copy_to_place(const Store& from, const std::vector<std::string>& names, Store& to,
                          Progress& progress, const GlobalOptions& global) {
  PlaceResult result;
  result.place = to.location();
  const ReportedStore reported(to, progress);
  try {
    for (const std::string& name : names) {
      check_interrupt();
      const bool copied = copy_backup(from, name, to, global.scratch_parent());
      (copied ? result.copied : result.present).push_back(name);
    }
  } catch (...) {
    const Error error = current_error();
    if (is_signal(error)) throw;
    result.problem = error;
  }
  return result;
}

/// One place that cannot be reached must not keep backups out of the others.
PlaceResult copy_or_tell(const Store& from, const Choice& choose, Store& to,
                         const GlobalOptions& global) {
  try {
    return copy_to_place(from, choose(to), to, no_progress(), global);
  } catch (const Error& error) {
    if (is_signal(error)) throw;
    return {to.location(), {}, {}, error};
  }
}

}  // namespace

CLI::Option* add_places_option(CLI::App& command, std::vector<std::string>& to) {
  return command.add_option("--to", to, "Copy it there as well: a folder, or s3://BUCKET/PREFIX")
      ->type_name("DIR|URL")
      ->allow_extra_args(false);
}

Places open_places(const std::vector<std::string>& to, const GlobalOptions& global) {
  Places places;
  for (const std::string& place : to) places.push_back(open_store(place, global.s3));
  return places;
}

std::vector<PlaceResult> copy_to_places(const Store& from, const Choice& choose,
                                        const Places& places, const GlobalOptions& global) {
  if (places.size() == 1) {
    ProgressBar bar(global);
    return {copy_to_place(from, choose(*places.front()), *places.front(), bar, global)};
  }
  // The connections of a bucket are not for several threads at once.
  const bool at_once = dynamic_cast<const LocalStore*>(&from) != nullptr;
  std::vector<PlaceResult> results(places.size());
  for_each_at_once(at_once ? static_cast<unsigned>(places.size()) : 1, places.size(),
                   [&](std::size_t i) {
                     // A bar can tell of one place only.
                     results[i] = copy_or_tell(from, choose, *places[i], global);
                   });
  return results;
}

nlohmann::ordered_json places_to_json(const std::vector<PlaceResult>& results) {
  auto list = nlohmann::ordered_json::array();
  for (const PlaceResult& result : results) {
    list.push_back({{"place", result.place},
                    {"ok", !result.problem},
                    {"copied", result.copied},
                    {"present", result.present}});
    if (result.problem) list.back()["problem"] = result.problem->message();
  }
  return list;
}

void print_places(const std::vector<PlaceResult>& results) {
  for (const PlaceResult& result : results) {
    std::string line = result.problem ? "NOT all copied to " : "copied to ";
    line += result.place + ": " + plural(result.copied.size(), "backup");
    if (!result.present.empty()) {
      line += ", " + std::to_string(result.present.size()) + " there already";
    }
    print(line + "\n");
  }
}

std::optional<Error> places_problem(const std::vector<PlaceResult>& results, ErrorKind kind) {
  std::string message;
  std::string hint;
  for (const PlaceResult& result : results) {
    if (!result.problem) continue;
    const std::string& said = result.problem->message();
    const bool names_it = said.find(result.place) != std::string::npos;
    message += (message.empty() ? "" : "; ") + (names_it ? "" : result.place + ": ") + said;
    if (hint.empty()) hint = result.problem->hint();
  }
  if (message.empty()) return std::nullopt;
  const std::string again = "'a2a-backup copy --all-missing --to PLACE' catches up";
  return Error(kind, message, hint.empty() ? again : hint + "; then " + again);
}

}  // namespace a2a_backup
