// SPDX-License-Identifier: MIT
#include "a2a_backup/cli/progress_bar.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdio>

#include "a2a_backup/cli/output.hpp"
#include "a2a_backup/cli/progress_line.hpp"
#include "a2a_backup/core/log.hpp"

namespace a2a_backup {
namespace {

constexpr std::chrono::milliseconds patience{500};
constexpr std::chrono::milliseconds redraw{100};

std::size_t terminal_width() {
  struct winsize size {};
  if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return 80;
  return size.ws_col;
}

/// The filled part of the bar in green.
std::string paint(std::string line) {
  const std::size_t begin = line.find("[#");
  if (begin == std::string::npos) return line;
  line.insert(line.find_first_not_of('#', begin + 1), "\x1b[0m");
  line.insert(begin + 1, "\x1b[32m");
  return line;
}

void write_stderr(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stderr);
}

}  // namespace

ProgressBar::ProgressBar(const GlobalOptions& options)
    : enabled_(!options.no_progress && !options.quiet && !options.json && stderr_is_terminal()),
      colour_(use_colour(options)),
      started_(Clock::now()),
      phase_started_(started_),
      last_draw_(started_) {
  log::before_each([this] { clear(); });
}

ProgressBar::~ProgressBar() {
  log::before_each({});
  clear();
}

void ProgressBar::phase(std::string_view name, std::uint64_t total_bytes) {
  name_ = name;
  total_ = total_bytes;
  done_ = 0;
  phase_started_ = Clock::now();
  draw_if_due(phase_started_);
}

void ProgressBar::advance(std::uint64_t bytes) {
  done_ += bytes;
  if (enabled_) draw_if_due(Clock::now());
}

void ProgressBar::draw_if_due(Clock::time_point time) {
  if (!enabled_ || time - started_ < patience || time - last_draw_ < redraw) return;
  last_draw_ = time;
  const double seconds = std::chrono::duration<double>(time - phase_started_).count();
  // One column is left free: writing the last one would wrap on some terminals.
  const std::string line = progress_line({name_, done_, total_, seconds}, terminal_width() - 1);
  // The cursor waits at the start of the line. When the terminal becomes narrower and wraps what is
  // there, the next line still begins where the old one did, and erases all that wrapped.
  write_stderr("\r\x1b[J" + (colour_ ? paint(line) : line) + "\r");
  drawn_ = true;
}

void ProgressBar::clear() {
  if (drawn_) write_stderr("\r\x1b[J");
  drawn_ = false;
}

}  // namespace a2a_backup
