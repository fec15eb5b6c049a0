// SPDX-License-Identifier: MIT
/// Is this the live data, or what is left of it? Compares a capture with the newest good backup.
#pragma once

#include <cstdint>

#include "a2a_backup/backup/create.hpp"
#include "previous_backup.hpp"

namespace a2a_backup {

/// Whether going from `before` to `after` is a loss that nobody makes by daily work: more than
/// `percent` of what there was, and at least 10 in number, or all of 5 and more.
bool is_suspicious_loss(std::uint64_t before, std::uint64_t after, unsigned percent);

/// Throws Error of kind `refused` with both numbers when `fresh` holds suspiciously less than the
/// newest good backup: tasks, tasks of agents, rows of the whole database, or rows of its table
/// `tasks`. What the options leave out is not compared.
void check_shrink(const CreateOptions& options, const Metadata& fresh, PreviousBackup& previous);

}  // namespace a2a_backup
