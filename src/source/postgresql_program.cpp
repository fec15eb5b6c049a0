// SPDX-License-Identifier: MIT
#include "postgresql_program.hpp"

#include <charconv>

#include "a2a_backup/core/environment.hpp"
#include "postgresql_error.hpp"

namespace a2a_backup {
namespace {

constexpr const char* install_hint =
    "install PostgreSQL's own programs: apt-get install postgresql-client";

SubprocessOptions listened_to(SubprocessOptions options) {
  options.read_output = true;
  return options;
}

}  // namespace

SubprocessOptions postgresql_program(std::vector<std::string> command) {
  SubprocessOptions options;
  options.command = std::move(command);
  options.hint_when_missing = install_hint;
  options.environment["LC_ALL"] = "C";
  options.environment["PGCLIENTENCODING"] = "UTF8";
  return options;
}

SubprocessOptions postgresql_program(const PostgresqlUrl& url, std::vector<std::string> command) {
  command.insert(command.end(), {"--no-password", "--dbname=" + url.text});
  SubprocessOptions options = postgresql_program(std::move(command));
  options.environment["PGAPPNAME"] = "a2a-backup";
  if (!url.password.empty()) options.environment["PGPASSWORD"] = url.password;
  if (environment("PGCONNECT_TIMEOUT").empty()) options.environment["PGCONNECT_TIMEOUT"] = "10";
  return options;
}

ProgramOutput::ProgramOutput(SubprocessOptions options, Requirement require_good)
    : require_good_(std::move(require_good)), program_(listened_to(std::move(options))) {}

std::size_t ProgramOutput::read(std::span<std::byte> buffer) {
  const std::size_t got = program_.read(buffer);
  if (got == 0 && !buffer.empty()) require_good_(program_.wait());
  return got;
}

void require_readable_dump(const ProgramResult& result, const std::string& name, ErrorKind kind) {
  if (result.good()) return;
  const bool too_old = result.messages.find("unsupported version") != std::string::npos;
  throw postgresql_error(result, "cannot read the dump " + name,
                         too_old ? ErrorKind::failed : kind);
}

int postgresql_program_version(const std::string& name) {
  const ProgramRun run = run_program(postgresql_program({name, "--version"}));
  if (!run.result.good())
    throw postgresql_error(run.result, "cannot run " + name, ErrorKind::failed);
  // "pg_dump (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)", "pg_dump (PostgreSQL) 18beta1"
  const std::size_t space = run.output.find(") ");
  int version = 0;
  if (space != std::string::npos) {
    const char* digits = run.output.data() + space + 2;
    std::from_chars(digits, run.output.data() + run.output.size(), version);
  }
  return version;
}

}  // namespace a2a_backup
