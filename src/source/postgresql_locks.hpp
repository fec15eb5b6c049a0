// SPDX-License-Identifier: MIT
/// Who holds the lock that somebody has waited for in vain.
#pragma once

#include <cstdint>
#include <string_view>

#include "a2a_backup/core/error.hpp"
#include "a2a_backup/source/postgresql_url.hpp"

namespace a2a_backup {

/// What the lock was wanted for.
enum class LockPurpose : std::uint8_t { read, replace };

/// `error`, and if it says that a lock was not given in time, also which tables are locked, and by
/// which processes of the server, as far as that is found out: those that occur in `statements`,
/// else all that somebody has for himself. Asks the server over a connection of its own.
Error naming_locks(Error error, const PostgresqlUrl& url, std::string_view statements,
                   LockPurpose purpose);

}  // namespace a2a_backup
