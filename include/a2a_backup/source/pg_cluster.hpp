// SPDX-License-Identifier: MIT
/// The data directory of a PostgreSQL server: who runs in it, and a try of a restored one. The
/// files are described in PostgreSQL's manual, chapter "Database File Layout"; postmaster.pid and
/// postmaster.opts in its source, miscadmin.h and postmaster.c.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "a2a_backup/core/file.hpp"

namespace a2a_backup {

/// The process that postmaster.pid of the data directory names, if there is one.
std::optional<pid_t> running_server(const fs::path& data);

/// How a server is started.
struct PgLaunch {
  fs::path program;  ///< "postgres" with its whole path; empty when none was found
  fs::path config;   ///< its configuration file, where that is outside of the data directory
};

/// As it was started the last time, which postmaster.opts of the data directory tells; where there
/// is no such file, from where packages put the programs of `version` ("15").
PgLaunch launch_of(const fs::path& data, const std::string& version);

enum class Recovery : std::uint8_t {
  reached,   ///< the server came to its target, where it was stopped
  too_short  ///< the archive ended before it
};

struct RecoveryResult {
  Recovery outcome = Recovery::reached;
  std::string last_transaction;  ///< too_short: when it was, in the server's words; may be empty
  std::string last_lsn;          ///< too_short: where the log ended, "0/4056F08"
  std::string last_segment;      ///< too_short: the last that came out of the archive, or ""
};

/// Starts the server of a restored data directory as `owner` behind closed doors (no network, a
/// private socket, no archiving), lets it replay its log up to its recovery target, and stops it
/// there: it goes on from that moment when it is started in earnest. Throws Error of kind `failed`
/// with what the server said when it does not come so far.
RecoveryResult try_recovery(const PgLaunch& launch, const fs::path& data, uid_t owner);

}  // namespace a2a_backup
