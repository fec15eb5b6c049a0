// SPDX-License-Identifier: MIT
/// The question before something that cannot be taken back lightly.
#pragma once

#include <string>

#include "a2a_backup/cli/global_options.hpp"

namespace a2a_backup {

/// Returns at once with --yes, else when a person at the terminal says yes to `question`; what
/// stdout holds is seen first. Throws Error of kind `refused` when the answer is no, or when there
/// is nobody to ask: then with `deed` in the message, such as "change live data".
void confirm(const GlobalOptions& options, const std::string& deed, const std::string& question);

}  // namespace a2a_backup
