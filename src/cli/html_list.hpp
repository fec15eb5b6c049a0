// SPDX-License-Identifier: MIT
/// The parts of the report that name single backups.
#pragma once

#include <string>

#include "a2a_backup/cli/html_report.hpp"

namespace a2a_backup {

/// A small picture that tells states apart without colour, hidden from screen readers because a
/// word stands beside it.
std::string shape(std::string_view name);  ///< "good", "attention" or "bad"

/// The broken ones with what is wrong; nothing when there are none.
std::string format_problems(const Report& report);
/// What pgBackRest has, and what is wrong with it; nothing where it is not used.
std::string format_moments(const Report& report);
/// All backups; those that do not fit on a screen or two are folded away.
std::string format_list(const Report& report);

}  // namespace a2a_backup
