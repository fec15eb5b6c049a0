// SPDX-License-Identifier: MIT
#include "a2a_backup/source/pgbackrest.hpp"

#include <sstream>

#include "a2a_backup/core/account.hpp"
#include "a2a_backup/core/environment.hpp"
#include "a2a_backup/core/subprocess.hpp"

namespace a2a_backup {
namespace {

constexpr const char* how_to_install =
    "install it on this machine: apt-get install pgbackrest, or see https://pgbackrest.org";

/// "P00  ERROR: [055]: unable to open ..." and lines of "HINT: ..." below it.
Error error_of(const ProgramResult& result, const std::string& what) {
  std::string message;
  std::string hint;
  std::istringstream lines(result.messages);
  for (std::string line; std::getline(lines, line);) {
    const std::size_t error = line.find("ERROR: [");
    const std::size_t advice = line.find("HINT: ");
    if (error != std::string::npos && message.empty()) message = line.substr(error + 14);
    if (advice != std::string::npos && hint.empty()) hint = line.substr(advice + 6);
  }
  while (!message.empty() && (message.back() == ':' || message.back() == ' ')) message.pop_back();
  if (message.empty()) message = result.reason();
  return {ErrorKind::failed, what + ": " + message, hint};
}

SubprocessOptions program(std::vector<std::string> words) {
  SubprocessOptions options;
  options.command = std::move(words);
  options.hint_when_missing = how_to_install;
  return options;
}

/// As PostgreSQL takes it, whatever its time zone: "2026-11-26 20:13:14.187912+00".
std::string target_of(TimePoint time) {
  std::string text = format_rfc3339(time);
  text.at(10) = ' ';
  text.back() = '+';
  return text + "00";
}

}  // namespace

std::vector<std::string> PgBackRest::words(const PgBackRestState* state,
                                           const std::vector<std::string>& more) const {
  std::vector<std::string> words{"pgbackrest", "--stanza=" + options_.stanza,
                                 "--log-level-console=off", "--log-level-stderr=error"};
  if (!options_.config.empty()) {
    words.push_back("--config=" + fs::absolute(options_.config).string());
  }
  // One that is named goes into the settings of a restored server, where it is better not bound.
  if (state != nullptr && state->several_repositories) {
    words.push_back("--repo=" + std::to_string(state->repository));
  }
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

std::string PgBackRest::ask(std::vector<std::string> words) const {
  SubprocessOptions options = program(std::move(words));
  options.timeout = pgbackrest_patience;
  const ProgramRun run = run_program(std::move(options), std::uint64_t{64} << 20);
  if (!run.result.good()) throw error_of(run.result, "pgbackrest fails");
  return run.output;
}

PgBackRestState PgBackRest::state() const {
  std::vector<std::string> more{"--output=json", "info"};
  // By its own choice it gives up on a service that is not there after four times a minute.
  if (environment("PGBACKREST_IO_TIMEOUT").empty()) more.insert(more.begin(), "--io-timeout=10");
  return parse_pgbackrest_info(ask(words(nullptr, more)), options_.stanza);
}

LogArchive PgBackRest::archive(const PgBackRestState& state) const {
  if (state.archive_id.empty()) return {};
  const std::string folder = "archive/" + options_.stanza + "/" + state.archive_id;
  return parse_archive_listing(
      ask(words(&state, {"--output=json", "--recurse", "repo-ls", folder})));
}

std::map<unsigned, Lsn> PgBackRest::history(const PgBackRestState& state, unsigned timeline) const {
  const std::string file =
      "archive/" + options_.stanza + "/" + state.archive_id + "/" + history_file(timeline);
  return parse_timeline_history(ask(words(&state, {"repo-get", file})));
}

std::optional<fs::path> PgBackRest::data_directory() const {
  // The help of an option tells the value that its configuration files and the environment give it.
  std::istringstream lines(ask(words(nullptr, {"help", "restore", "pg-path"})));
  constexpr std::string_view mark = "current: ";
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(mark)) return fs::path(line.substr(mark.size()));
  }
  return std::nullopt;
}

void PgBackRest::restore(const PgBackRestState& state, const PgBackRestRestore& order,
                         uid_t owner) const {
  std::vector<std::string> command = words(
      &state, {"--pg1-path=" + order.folder.string(), "--set=" + order.backup.label, "--type=time",
               "--target=" + target_of(order.target), "--target-timeline=" + order.timeline,
               "--target-action=promote",
               order.archiving ? "--archive-mode=preserve" : "--archive-mode=off", "restore"});
  Subprocess restore(program(words_as(owner, std::move(command))));
  const ProgramResult& result = restore.wait();
  if (!result.good()) throw error_of(result, "pgbackrest cannot restore " + order.backup.label);
}

}  // namespace a2a_backup
