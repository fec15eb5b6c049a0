// SPDX-License-Identifier: MIT
/// A restore that was interrupted after it was committed: onwards, or back.
#pragma once

#include "a2a_backup/backup/restore.hpp"

namespace a2a_backup {

/// Carries an interrupted restore through to its end. Throws Error of kind `not_found` when none
/// waits.
RestoreResult resume_restore(const RestoreOptions& options);

/// Takes an interrupted restore back. Throws Error of kind `not_found` when none waits.
RestoreResult roll_back_restore(const RestoreOptions& options);

}  // namespace a2a_backup
