// SPDX-License-Identifier: MIT
#include "a2a_backup/cli/progress_line.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <vector>

#include "a2a_backup/core/text.hpp"

namespace a2a_backup {
namespace {

constexpr std::string_view gap = "  ";
constexpr std::size_t narrowest_bar = 10;
constexpr std::size_t widest_bar = 30;

/// "7 s left", "2:05 left", "1:02:05 left".
std::string format_left(double seconds) {
  const auto whole = static_cast<unsigned long>(seconds) + 1;
  if (whole < 60) return std::to_string(whole) + " s left";
  std::array<char, 48> text{};
  if (whole < 3600) {
    std::snprintf(text.data(), text.size(), "%lu:%02lu left", whole / 60, whole % 60);
  } else {
    std::snprintf(text.data(), text.size(), "%lu:%02lu:%02lu left", whole / 3600, whole / 60 % 60,
                  whole % 60);
  }
  return text.data();
}

double share_of(const ProgressView& view) {
  return std::min(1.0, static_cast<double>(view.done) / static_cast<double>(view.total));
}

std::string draw_bar(double share, std::size_t width) {
  const auto filled = static_cast<std::size_t>(share * static_cast<double>(width));
  return "[" + std::string(filled, '#') + std::string(width - filled, '.') + "]";
}

/// One part of the line; those with the highest `spare` go first when there is no room.
struct Part {
  std::string text;
  int spare;
};

std::size_t length(const std::vector<Part>& parts) {
  std::size_t sum = 0;
  for (const Part& part : parts) sum += part.text.size() + gap.size();
  return parts.empty() ? 0 : sum - gap.size();
}

void drop_until_fits(std::vector<Part>& parts, std::size_t columns) {
  while (parts.size() > 1 && length(parts) > columns) {
    parts.erase(std::max_element(parts.begin(), parts.end(),
                                 [](const Part& a, const Part& b) { return a.spare < b.spare; }));
  }
}

std::vector<Part> parts_of(const ProgressView& view) {
  const double rate = view.seconds > 0 ? static_cast<double>(view.done) / view.seconds : 0;
  std::vector<Part> parts{{view.phase, 0}};
  if (view.total > 0) {
    parts.push_back({draw_bar(share_of(view), narrowest_bar), 4});
    parts.push_back({std::to_string(static_cast<int>(share_of(view) * 100)) + "%", 1});
    parts.push_back({format_bytes(view.done) + " of " + format_bytes(view.total), 5});
  } else {
    parts.push_back({format_bytes(view.done), 1});
  }
  parts.push_back({format_bytes(static_cast<std::uint64_t>(rate)) + "/s", 3});
  if (view.total > view.done && rate > 1) {
    parts.push_back({format_left(static_cast<double>(view.total - view.done) / rate), 2});
  }
  return parts;
}

}  // namespace

std::string progress_line(const ProgressView& view, std::size_t columns) {
  std::vector<Part> parts = parts_of(view);
  drop_until_fits(parts, columns);
  if (parts.size() > 1 && parts[1].text.front() == '[') {
    const std::size_t room = columns - length(parts) + narrowest_bar;
    parts[1].text = draw_bar(share_of(view), std::min(room, widest_bar));
  }
  std::string line;
  for (const Part& part : parts) line += (line.empty() ? "" : std::string(gap)) + part.text;
  return line.substr(0, columns);
}

}  // namespace a2a_backup
