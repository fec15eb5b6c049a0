// SPDX-License-Identifier: MIT
/// What must be there, or there is no backup: entries by their names, or the database.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace a2a_backup {

/// Stands for the database, of whichever kind.
inline constexpr std::string_view required_database = "database";

/// The first of `required` that is not there; nothing when all are. `has_entry` is asked about the
/// others.
std::optional<std::string> first_missing(const std::vector<std::string>& required,
                                         bool has_database,
                                         const std::function<bool(const std::string&)>& has_entry);

}  // namespace a2a_backup
