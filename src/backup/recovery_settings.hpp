// SPDX-License-Identifier: MIT
/// What pgBackRest wrote into a restored data directory for its recovery, changed where need be.
/// Each throws Error of kind `failed`, and leaves a file that is whole and durable.
#pragma once

#include <string>

#include "a2a_backup/core/file.hpp"

namespace a2a_backup {

/// Nothing that was written comes after the target: the end of the log is the same moment, and has
/// a name that PostgreSQL takes. The last of equal settings holds.
void aim_at_the_end(const fs::path& data, const std::string& lsn);

/// The command that fetches the log names the data directory, which will be called otherwise.
void rename_in_settings(const fs::path& data, const fs::path& name);

}  // namespace a2a_backup
