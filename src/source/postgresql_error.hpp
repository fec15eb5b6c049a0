// SPDX-License-Identifier: MIT
/// What the errors of PostgreSQL's own programs, and of the server behind them, mean.
#pragma once

#include <string>

#include "a2a_backup/core/error.hpp"
#include "a2a_backup/core/subprocess.hpp"

namespace a2a_backup {

/// What a failed call means: the first error of `result`, of kind `key` for a wrong password,
/// `busy` for a lock that was not given in time or a replica that went on, else of `kind`. `what`
/// begins the message: "cannot dump postgresql://host/db". The programs speak English, the server
/// whatever it is set to: its errors are known by their SQLSTATE where psql shows it (VERBOSITY),
/// else by English words. Of a `standby`, which has no other, a serialization failure is a conflict
/// with recovery.
Error postgresql_error(const ProgramResult& result, const std::string& what, ErrorKind kind,
                       bool standby = false);

/// Whether postgresql_error() made `error` of a lock that was not given in time.
bool is_about_lock(const Error& error);

/// Whether a call failed because somebody dropped or changed what it was about to read.
bool schema_changed(const ProgramResult& result);

}  // namespace a2a_backup
