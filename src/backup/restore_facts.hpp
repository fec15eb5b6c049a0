// SPDX-License-Identifier: MIT
/// What is live now, beside what would take its place: the facts of a restore's plan.
#pragma once

#include "a2a_backup/backup/live_file.hpp"
#include "a2a_backup/backup/restore_plan.hpp"

namespace a2a_backup {

/// Completes `facts`, of which the entry, the live place and the fresh side are set, with what is
/// live, as far as it can be read; it may be broken, that is why somebody restores. Throws Error of
/// kind `busy` when a database stays locked, and of kind `source` or `key` when a server does not
/// answer: nothing could be put into it either. Of tasks that are many some are set aside in the
/// private folder `scratch`; Error of kind `failed` when there is no space.
void look_at_live(PlanFacts& facts, const Slot& fresh, const LiveAccess& access,
                  const fs::path& scratch);

/// Adds examples of the tasks that would be lost. The application may have rewritten the file since
/// it was looked at; they are worth no error.
void add_examples(PlannedFile& file);

}  // namespace a2a_backup
