// SPDX-License-Identifier: MIT
#include "a2a_backup/core/log.hpp"

#include <spdlog/sinks/ansicolor_sink.h>
#include <spdlog/spdlog.h>

#include <cstdio>
#include <mutex>

namespace a2a_backup::log {
namespace {

spdlog::level::level_enum to_spdlog(Level level) {
  switch (level) {
    case Level::quiet:
      return spdlog::level::err;
    case Level::verbose:
      return spdlog::level::debug;
    case Level::normal:
      break;
  }
  return spdlog::level::info;
}

spdlog::logger& logger() {
  static const auto sink = std::make_shared<spdlog::sinks::ansicolor_stderr_sink_st>();
  static spdlog::logger instance("a2a-backup", sink);
  return instance;
}

std::function<void()>& hook_before() {
  static std::function<void()> hook;
  return hook;
}

void write(spdlog::level::level_enum level, const std::string& message) {
  if (!logger().should_log(level)) return;
  // Threads of a server talk as well.
  static std::mutex mutex;
  const std::lock_guard lock(mutex);
  if (hook_before()) hook_before()();
  // After what stdout already has, so that a log of both reads in order.
  std::fflush(stdout);
  logger().log(level, message);
}

}  // namespace

void configure(Level level, bool colour) {
  static_cast<spdlog::sinks::ansicolor_stderr_sink_st&>(*logger().sinks().front())
      .set_color_mode(colour ? spdlog::color_mode::always : spdlog::color_mode::never);
  logger().set_level(to_spdlog(level));
  logger().set_pattern("a2a-backup: %^%l%$: %v");
}

void before_each(std::function<void()> hook) {
  hook_before() = std::move(hook);
}

void debug(const std::string& message) {
  write(spdlog::level::debug, message);
}
void info(const std::string& message) {
  write(spdlog::level::info, message);
}
void warn(const std::string& message) {
  write(spdlog::level::warn, message);
}

}  // namespace a2a_backup::log
