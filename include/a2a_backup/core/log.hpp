// SPDX-License-Identifier: MIT
/// Talk on stderr, below the result: spdlog behind four functions.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace a2a_backup::log {

enum class Level : std::uint8_t { quiet, normal, verbose };

/// `colour` paints the level words. Call once at start; the default is normal without colour.
void configure(Level level, bool colour);

/// Called before each message that is shown, so that something drawn on the terminal can make way;
/// empty for nothing.
void before_each(std::function<void()> hook);

void debug(const std::string& message);
void info(const std::string& message);
void warn(const std::string& message);

}  // namespace a2a_backup::log
