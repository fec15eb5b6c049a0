// SPDX-License-Identifier: MIT
/// PostgreSQL's own programs: how they are called.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "a2a_backup/core/error.hpp"
#include "a2a_backup/core/subprocess.hpp"
#include "a2a_backup/source/postgresql_url.hpp"

namespace a2a_backup {

/// A call of `command` that connects to `url`. It never asks for a password; the one in the URL
/// goes by its environment.
SubprocessOptions postgresql_program(const PostgresqlUrl& url, std::vector<std::string> command);
/// A call that connects to nothing.
SubprocessOptions postgresql_program(std::vector<std::string> command);

/// What a program writes to its stdout. The end comes only when `require_good` has not thrown: what
/// a program wrote that then failed is no whole.
class ProgramOutput : public Reader {
 public:
  using Requirement = std::function<void(const ProgramResult& result)>;
  ProgramOutput(SubprocessOptions options, Requirement require_good);
  std::size_t read(std::span<std::byte> buffer) override;

 private:
  Requirement require_good_;
  Subprocess program_;
};

/// Throws Error of `kind` when a pg_restore could not read the dump `name`; of kind `failed` when a
/// newer pg_dump made it, which says nothing against it.
void require_readable_dump(const ProgramResult& result, const std::string& name, ErrorKind kind);

/// The major version of a program of this name, such as 15 for pg_dump. Throws Error of kind
/// `failed` when it is not there.
int postgresql_program_version(const std::string& name);

}  // namespace a2a_backup
