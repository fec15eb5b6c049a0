// SPDX-License-Identifier: MIT
/// The half of a restore that runs after its journal is on disk; a crashed one is taken up here.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "a2a_backup/backup/live_file.hpp"
#include "a2a_backup/backup/restore_journal.hpp"

namespace a2a_backup {

/// Databases whose lock is already held, by live path.
using HeldDatabases = std::map<fs::path, std::unique_ptr<DatabaseReplacement>>;

/// Puts every target's fresh slot in place and proves it, then retires the journal. When something
/// fails, rolls back and throws Error of kind `rolled_back`, or `busy` when a database was locked;
/// when that fails too, of kind `pending`. Returns notes for the user.
std::vector<std::string> carry_out(const fs::path& root, const Journal& journal, HeldDatabases held,
                                   const LiveAccess& access);

/// Puts every target's old slot back and drops the journal.
void take_back(const fs::path& root, const Journal& journal, const LiveAccess& access);

}  // namespace a2a_backup
