// SPDX-License-Identifier: MIT
#include "a2a_backup/backup/history.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "a2a_backup/core/interrupt.hpp"
#include "a2a_backup/core/log.hpp"
#include "a2a_backup/core/staging_dir.hpp"

namespace a2a_backup {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view schema = "a2a-backup-history/1";
constexpr std::uint64_t max_history_size = std::uint64_t{4} << 20;
constexpr std::size_t max_problem_size = 500;

Json to_json(const Drill& drill) {
  return {{"backup", drill.backup},
          {"size", drill.archive.size},
          {"mtime_ns", drill.archive.mtime_ns},
          {"kind", drill_name(drill.kind)},
          {"time", format_rfc3339(drill.time)},
          {"problem", drill.problem},
          {"seconds", drill.seconds},
          {"bytes", drill.bytes}};
}

Drill drill_from(const Json& json) {
  Drill drill;
  drill.backup = json.at("backup").get<std::string>();
  drill.archive = {json.at("size").get<std::uint64_t>(), json.at("mtime_ns").get<std::int64_t>()};
  const bool restored = json.at("kind").get<std::string>() == drill_name(DrillKind::restore);
  drill.kind = restored ? DrillKind::restore : DrillKind::verify;
  drill.time = parse_time(json.at("time").get<std::string>()).value();
  drill.problem = json.at("problem").get<std::string>();
  drill.seconds = json.at("seconds").get<double>();
  drill.bytes = json.at("bytes").get<std::uint64_t>();
  return drill;
}

std::vector<Drill> parse(const std::string& text) {
  const Json document = Json::parse(text);
  if (document.at("schema").get<std::string>() != schema) throw std::out_of_range("schema");
  std::vector<Drill> drills;
  for (const Json& json : document.at("drills")) drills.push_back(drill_from(json));
  return drills;
}

std::string format(const std::vector<Drill>& drills) {
  Json list = Json::array();
  for (const Drill& drill : drills) list.push_back(to_json(drill));
  return Json{{"schema", schema}, {"drills", list}}.dump(1, ' ', false,
                                                         Json::error_handler_t::replace) +
         "\n";
}

void write_history(const fs::path& folder, const History& history) {
  const StagingDir staging(folder);
  const fs::path fresh = staging.path() / "history";
  {
    const UniqueFd fd = create_new(fresh);
    write_all(fd.get(), format(history.drills()), fresh);
    sync_fd(fd.get(), fresh);
  }
  const fs::path path = folder / history_name;
  if (std::rename(fresh.c_str(), path.c_str()) != 0) {
    throw system_error(ErrorKind::failed, "cannot rename " + fresh.string(), errno);
  }
  sync_dir(folder);
}

/// Paths that differ may still mean one folder.
bool lies_in(const fs::path& archive, const fs::path& folder) {
  std::error_code error;
  const fs::path parent = archive.has_parent_path() ? archive.parent_path() : fs::path(".");
  return fs::equivalent(parent, folder, error) && !error;
}

}  // namespace

std::optional<ArchiveIdentity> identify_archive(const fs::path& archive) {
  const auto status = stat_path(archive);
  if (!status || !S_ISREG(status->st_mode)) return std::nullopt;
  return ArchiveIdentity{
      static_cast<std::uint64_t>(status->st_size),
      std::int64_t{status->st_mtim.tv_sec} * 1'000'000'000 + status->st_mtim.tv_nsec};
}

std::string_view drill_name(DrillKind kind) {
  return kind == DrillKind::restore ? "restore" : "verify";
}

History History::read(const fs::path& folder) {
  const fs::path path = folder / history_name;
  if (!stat_path(path, false)) return {};
  try {
    return History(parse(read_file(path, max_history_size, ErrorKind::failed)));
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::failed) throw;
    log::warn("what was remembered of drills is ignored: " + error.message());
  } catch (const std::exception&) {
    log::warn("what was remembered of drills is ignored: " + path.string() + " is damaged");
  }
  return {};
}

std::optional<Drill> History::of(const std::string& backup, const ArchiveIdentity& archive) const {
  const auto found = std::find_if(drills_.rbegin(), drills_.rend(), [&](const Drill& drill) {
    return drill.backup == backup && drill.archive == archive;
  });
  if (found == drills_.rend()) return std::nullopt;
  return *found;
}

std::optional<Drill> History::last_good(DrillKind kind) const {
  const auto found = std::find_if(drills_.rbegin(), drills_.rend(), [&](const Drill& drill) {
    return drill.kind == kind && drill.ok();
  });
  if (found == drills_.rend()) return std::nullopt;
  return *found;
}

void History::add(Drill drill) {
  drill.problem.resize(std::min(drill.problem.size(), max_problem_size));
  std::erase_if(drills_, [&](const Drill& old) {
    return old.backup == drill.backup && old.kind == drill.kind;
  });
  drills_.push_back(std::move(drill));
  if (drills_.size() > max_drills) drills_.erase(drills_.begin());
}

void History::forget_gone(const fs::path& folder) {
  const auto verified = last_good(DrillKind::verify);
  const auto restored = last_good(DrillKind::restore);
  const auto is = [](const Drill& drill, const std::optional<Drill>& other) {
    return other && drill.backup == other->backup && drill.kind == other->kind;
  };
  std::erase_if(drills_, [&](const Drill& drill) {
    return !is(drill, verified) && !is(drill, restored) && !stat_path(folder / drill.backup);
  });
}

void remember_drill(const fs::path& folder, Drill drill) noexcept {
  const InterruptShield shield;
  try {
    if (access(folder.c_str(), W_OK) != 0) {
      return log::debug("not remembered, " + folder.string() + " is read-only");
    }
    History history = History::read(folder);
    history.add(std::move(drill));
    history.forget_gone(folder);
    write_history(folder, history);
  } catch (const std::exception& error) {
    log::warn(std::string("this drill is not remembered: ") + error.what());
  }
}

DrillRecord::DrillRecord(fs::path folder, const fs::path& archive, DrillKind kind)
    : folder_(std::move(folder)), archive_(archive), kind_(kind), started_(Clock::now()) {
  if (lies_in(archive, folder_)) identity_ = identify_archive(archive);
}

void DrillRecord::pause() {
  before_ += Clock::now() - started_;
}

void DrillRecord::resume() {
  started_ = Clock::now();
}

void DrillRecord::good(std::uint64_t bytes) {
  finish(bytes, {});
}

void DrillRecord::bad(const std::string& problem) {
  finish(0, problem);
}

void DrillRecord::finish(std::uint64_t bytes, const std::string& problem) {
  const std::chrono::duration<double> taken = before_ + (Clock::now() - started_);
  if (!identity_ || identify_archive(archive_) != identity_) return;
  remember_drill(folder_,
                 {archive_.filename(), *identity_, kind_, now(), problem, taken.count(), bytes});
}

}  // namespace a2a_backup
