// SPDX-License-Identifier: MIT
#include "metrics_file.hpp"

#include <array>
#include <cstdio>

namespace a2a_backup {
namespace {

constexpr std::string_view prefix = "a2a_backup_last_";
constexpr std::string_view success = "a2a_backup_last_success_";

class Page {
 public:
  explicit Page(const std::string& command) : labels_("{command=\"" + command + "\"}") {}

  void add(const std::string& name, std::string_view help, const std::string& value) {
    text_.append("# HELP ").append(name).append(" ").append(help).append("\n");
    text_.append("# TYPE ").append(name).append(" gauge\n");
    text_.append(name).append(labels_).append(" ").append(value).append("\n");
  }
  void add_line(std::string_view line) { text_.append(line).append("\n"); }
  const std::string& text() const { return text_; }

 private:
  std::string labels_;
  std::string text_;
};

/// "12.345", whatever the locale.
std::string seconds(std::chrono::duration<double> duration) {
  std::array<char, 32> text{};
  const long long all = std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
  std::snprintf(text.data(), text.size(), "%lld.%03lld", all / 1000, all % 1000);
  return text.data();
}

void add_success(Page& page, const MonitoredRun& run) {
  page.add(std::string(success) + "timestamp_seconds", "When a run last went well.",
           std::to_string(run.ended));
  page.add(std::string(success) + "size_bytes", "Size of the archive, or of what was verified.",
           std::to_string(run.result.size));
  page.add(std::string(success) + "verified", "Whether it was read back and compared.",
           run.result.verified ? "1" : "0");
}

/// With their comments, which name them too.
void keep_success(Page& page, std::string_view before) {
  while (!before.empty()) {
    const std::size_t end = std::min(before.find('\n'), before.size());
    const std::string_view line = before.substr(0, end);
    if (line.find(success) != std::string_view::npos) page.add_line(line);
    before.remove_prefix(std::min(end + 1, before.size()));
  }
}

}  // namespace

std::string format_metrics(const MonitoredRun& run, std::string_view before) {
  Page page(run.command);
  const std::string name(prefix);
  page.add(name + "run_timestamp_seconds", "When a run last ended.", std::to_string(run.ended));
  page.add(name + "run_duration_seconds", "How long it took.", seconds(run.duration));
  page.add(name + "run_exit_code", "Its exit code; 0 is good.", std::to_string(run.exit_code));
  if (run.result.good) {
    add_success(page, run);
  } else {
    keep_success(page, before);
  }
  return page.text();
}

bool is_metrics_file(std::string_view start) {
  return start.starts_with("# HELP " + std::string(prefix));
}

}  // namespace a2a_backup
