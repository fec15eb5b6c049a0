// SPDX-License-Identifier: MIT
#include "a2a_backup/cli/progress_bar.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "a2a_backup/cli/output.hpp"
#include "a2a_backup/core/text.hpp"

namespace a2a_backup {
namespace {

constexpr std::chrono::milliseconds patience{500};
constexpr std::chrono::milliseconds redraw{100};
constexpr std::size_t bar_width = 20;

std::size_t terminal_width() {
  struct winsize size {};
  if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return 80;
  return size.ws_col;
}

void write_stderr(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stderr);
}

}  // namespace

ProgressBar::ProgressBar(const GlobalOptions& options)
    : enabled_(!options.no_progress && !options.quiet && !options.json && stderr_is_terminal()),
      started_(Clock::now()),
      phase_started_(started_),
      last_draw_(started_) {}

ProgressBar::~ProgressBar() {
  clear();
}

void ProgressBar::phase(std::string_view name, std::uint64_t total_bytes) {
  name_ = name;
  total_ = total_bytes;
  done_ = 0;
  phase_started_ = Clock::now();
}

void ProgressBar::advance(std::uint64_t bytes) {
  done_ += bytes;
  if (!enabled_) return;
  const Clock::time_point time = Clock::now();
  if (time - started_ < patience || time - last_draw_ < redraw) return;
  last_draw_ = time;
  draw(time);
}

void ProgressBar::draw(Clock::time_point time) {
  const double seconds = std::chrono::duration<double>(time - phase_started_).count();
  const double rate = seconds > 0 ? static_cast<double>(done_) / seconds : 0;
  std::string line = name_ + "  ";
  if (total_ > 0) {
    const double share = std::min(1.0, static_cast<double>(done_) / static_cast<double>(total_));
    const auto filled = static_cast<std::size_t>(share * bar_width);
    line += "[" + std::string(filled, '#') + std::string(bar_width - filled, '.') + "] " +
            std::to_string(static_cast<int>(share * 100)) + "%  ";
  }
  line += format_bytes(done_) + "  " + format_bytes(static_cast<std::uint64_t>(rate)) + "/s";
  if (total_ > done_ && rate > 1) {
    const double left = static_cast<double>(total_ - done_) / rate;
    line += "  " + std::to_string(static_cast<int>(left) + 1) + " s left";
  }
  // One column is left free: writing the last one would wrap on some terminals.
  write_stderr("\r\x1b[K" + line.substr(0, terminal_width() - 1));
  drawn_ = true;
}

void ProgressBar::clear() {
  if (drawn_) write_stderr("\r\x1b[K");
  drawn_ = false;
}

}  // namespace a2a_backup
