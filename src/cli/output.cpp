// SPDX-License-Identifier: MIT
#include "a2a_backup/cli/output.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "a2a_backup/core/environment.hpp"
#include "a2a_backup/core/text.hpp"

namespace a2a_backup {
namespace {

using Json = nlohmann::ordered_json;

bool is_terminal(int fd) {
  return isatty(fd) == 1 && environment("TERM") != "dumb";
}

std::string dump(const Json& document) {
  return document.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

/// Names of agents, tables and hosts are other people's data: what could move the cursor or change
/// colours is shown as a question mark. C1 controls are two bytes in UTF-8.
std::string without_controls(std::string_view text) {
  std::string safe(text);
  for (std::size_t i = 0; i < safe.size(); ++i) {
    const auto byte = static_cast<unsigned char>(safe[i]);
    const bool c0 = (byte < 0x20 && byte != '\n' && byte != '\t') || byte == 0x7f;
    const bool c1 = i > 0 && static_cast<unsigned char>(safe[i - 1]) == 0xc2 && byte < 0xa0;
    if (c0) safe[i] = '?';
    if (c1) safe.replace(i - 1, 2, "??");
  }
  return safe;
}

/// After what stdout already has, so that a log of both reads in order.
void to_stderr(std::string_view text) {
  const std::string safe = without_controls(text);
  std::fflush(stdout);
  std::fwrite(safe.data(), 1, safe.size(), stderr);
}

/// "a2a-backup: error: text", with the word painted where `colour` is one (an SGR number).
void say_to_stderr(std::string_view word, const char* colour, const std::string& text) {
  to_stderr("a2a-backup: ");
  if (*colour == '\0') {
    to_stderr(word);
  } else {
    std::fprintf(stderr, "\x1b[%sm%s\x1b[0m", colour, std::string(word).c_str());
  }
  to_stderr(": " + text + "\n");
}

/// Columns a terminal gives to UTF-8 text, near enough: continuation bytes take none.
std::size_t width(const std::string& text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U;
  }));
}

/// GitHub's workflow commands end at a line break, and take three characters encoded.
std::string annotation(const std::string& text) {
  std::string encoded;
  for (const char c : text) {
    if (c == '%') {
      encoded += "%25";
    } else if (c == '\n') {
      encoded += "%0A";
    } else if (c == '\r') {
      encoded += "%0D";
    } else {
      encoded += c;
    }
  }
  return "::error::" + encoded + "\n";
}

}  // namespace

bool stdout_is_terminal() {
  return is_terminal(STDOUT_FILENO);
}
bool stderr_is_terminal() {
  return is_terminal(STDERR_FILENO);
}

bool use_colour(const GlobalOptions& options) {
  if (options.color != "auto") return options.color == "always";
  return stderr_is_terminal() && environment("NO_COLOR").empty();
}

void print(std::string_view text) {
  const std::string safe = without_controls(text);
  std::fwrite(safe.data(), 1, safe.size(), stdout);
}

void print_json(const Json& document) {
  Json whole{{"schema", "a2a-backup/1"}};
  whole.update(document);
  print(dump(whole));
}

void suggest(const GlobalOptions& options, const std::string& command) {
  if (!options.quiet && !options.json) to_stderr("next: " + command + "\n");
}

void print_error(const Error& error, const GlobalOptions& options) {
  const ErrorKindInfo& info = info_of(error.kind());
  const bool colour = use_colour(options);
  if (options.json) {
    to_stderr(dump({{"schema", "a2a-backup/1"},
                    {"error",
                     {{"code", info.exit_code},
                      {"kind", info.name},
                      {"message", error.message()},
                      {"hint", error.hint()}}}}));
  } else {
    say_to_stderr("error", colour ? "1;31" : "", error.message());
    if (!error.hint().empty()) say_to_stderr("hint", colour ? "36" : "", error.hint());
  }
  if (environment("GITHUB_ACTIONS") == "true") to_stderr(annotation(error.message()));
}

void finish_output() {
  if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) {
    throw Error(ErrorKind::failed, "cannot write to stdout");
  }
}

std::string describe_content(const Metadata& metadata) {
  std::string text;
  if (metadata.tasks) text = plural(metadata.tasks->total, "task");
  if (metadata.database) {
    text += (text.empty() ? "" : ", ") + plural(metadata.database->tables.size(), "table") + ", " +
            plural(total_rows(*metadata.database), "row");
  }
  return text;
}

std::string Table::format(const std::vector<std::size_t>& right_aligned, bool padded) const {
  std::vector<std::size_t> widths;
  for (const auto& row : rows_) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width(row[i]));
  }
  std::string text;
  for (const auto& row : rows_) {
    std::string line;  // a cell with a line break in it stays one cell
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (i > 0) line += padded ? "  " : "\t";
      const std::string fill = padded ? std::string(widths[i] - width(row[i]), ' ') : "";
      const bool right =
          std::find(right_aligned.begin(), right_aligned.end(), i) != right_aligned.end();
      std::string cell = row[i];
      std::replace_if(
          cell.begin(), cell.end(), [](char c) { return c == '\n' || c == '\t'; }, ' ');
      line += right ? fill + cell : cell + fill;
    }
    if (padded) line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  return text;
}

}  // namespace a2a_backup
