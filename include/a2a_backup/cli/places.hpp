// SPDX-License-Identifier: MIT
/// Places elsewhere, that backups are copied to: --to PLACE.
#pragma once

#include <functional>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "a2a_backup/cli/global_options.hpp"
#include "a2a_backup/core/error.hpp"
#include "a2a_backup/store/store.hpp"

namespace CLI {
class Option;
}

namespace a2a_backup {

using Places = std::vector<std::unique_ptr<Store>>;

/// The option that fills `to`.
CLI::Option* add_places_option(CLI::App& command, std::vector<std::string>& to);

/// Throws Error of kind `usage` or `key` for a place that cannot be right, before anything is done.
Places open_places(const std::vector<std::string>& to, const GlobalOptions& global);

/// How it went at one place.
struct PlaceResult {
  std::string place;
  std::vector<std::string> copied;
  std::vector<std::string> present;  ///< was there already
  std::optional<Error> problem;      ///< what ended it
};

/// Copies backups of `from` to each place: those, in that order, that `choose` names for it.
/// Several places are served at once when `from` is a folder. A signal is thrown, and all that goes
/// wrong with `choose` where there is one place; other problems are in the results.
std::vector<PlaceResult> copy_to_places(
    const Store& from, const std::function<std::vector<std::string>(const Store&)>& choose,
    const Places& places, const GlobalOptions& global);

nlohmann::ordered_json places_to_json(const std::vector<PlaceResult>& results);
void print_places(const std::vector<PlaceResult>& results);

/// One problem for all that failed, of kind `kind`; nothing when all went well.
std::optional<Error> places_problem(const std::vector<PlaceResult>& results, ErrorKind kind);

}  // namespace a2a_backup
