// SPDX-License-Identifier: MIT
#include "a2a_backup/cli/retention_options.hpp"

#include <CLI/CLI.hpp>
#include <array>
#include <charconv>

#include "a2a_backup/core/log.hpp"
#include "a2a_backup/core/text.hpp"

namespace a2a_backup {
namespace {

/// One rule that counts: its option, and where its value goes.
struct CountOption {
  const char* name;
  std::string RetentionFlags::*text;
  int RetentionPolicy::*count;
  const char* help;
};

constexpr std::array count_options{
    CountOption{"--keep-last", &RetentionFlags::last, &RetentionPolicy::last,
                "The newest N backups, or unlimited"},
    CountOption{"--keep-hourly", &RetentionFlags::hourly, &RetentionPolicy::hourly,
                "The newest one of each hour that has one, for the last N such hours"},
    CountOption{"--keep-daily", &RetentionFlags::daily, &RetentionPolicy::daily,
                "The same by days, in UTC"},
    CountOption{"--keep-weekly", &RetentionFlags::weekly, &RetentionPolicy::weekly,
                "The same by weeks, from Monday on"},
    CountOption{"--keep-monthly", &RetentionFlags::monthly, &RetentionPolicy::monthly,
                "The same by months"},
    CountOption{"--keep-yearly", &RetentionFlags::yearly, &RetentionPolicy::yearly,
                "The same by years"},
};

constexpr const char* tag_hint = "write it like --keep-tag run=release or --keep-tag run";

int parse_count(const std::string& text, const std::string& option) {
  if (text == "unlimited") return -1;
  int count = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, count);
  if (error == std::errc{} && stop == end && count >= -1) return count;
  throw Error(ErrorKind::usage, option + " " + printable(text) + " is not a number of backups",
              "write a whole number, or unlimited");
}

/// Minutes are left out on purpose: elsewhere "6m" means six months, and a mistake would remove
/// nearly everything.
std::chrono::seconds parse_within(const std::string& text) {
  const auto length = parse_duration(text);
  const char unit = text.back();
  if (length && (unit == 'h' || unit == 'd' || unit == 'w')) return *length;
  throw Error(ErrorKind::usage, "--keep-within " + printable(text) + " is not hours, days or weeks",
              "write a number and h, d or w, such as 30d; a year is 365d");
}

}  // namespace

bool RetentionFlags::any() const {
  for (const CountOption& option : count_options) {
    if (!(this->*option.text).empty()) return true;
  }
  return !within.empty() || !tags.empty();
}

RetentionPolicy RetentionFlags::policy() const {
  RetentionPolicy policy;
  for (const CountOption& option : count_options) {
    const std::string& text = this->*option.text;
    if (!text.empty()) policy.*option.count = parse_count(text, option.name);
  }
  if (!within.empty()) policy.within = parse_within(within);
  for (const std::string& tag : tags) {
    if (tag.empty() || tag.front() == '=') {
      throw Error(ErrorKind::usage, "--keep-tag " + tag + " names no tag", tag_hint);
    }
  }
  policy.tags = tags;
  if (policy.empty()) {
    throw Error(ErrorKind::usage, "these rules keep nothing",
                "every --keep-* is 0; say how many, such as --keep-last 10");
  }
  return policy;
}

void add_retention_options(CLI::App& command, RetentionFlags& flags) {
  const char* group = "What to keep (each adds to the others; the rest is removed)";
  for (const CountOption& option : count_options) {
    command.add_option(option.name, flags.*option.text, option.help)->type_name("N")->group(group);
  }
  command
      .add_option("--keep-within", flags.within,
                  "All that are less than that older than the newest, such as 30d")
      ->type_name("AGE")
      ->group(group);
  command.add_option("--keep-tag", flags.tags, "All that 'create --tag' gave this tag")
      ->type_name("KEY[=VALUE]")
      ->allow_extra_args(false)
      ->group(group);
}

void warn_of_denial(const PruneResult& result) {
  if (!result.denial) return;
  log::warn("the rest stays, the store does not let go of it: " + result.denial->message() + "; " +
            result.denial->hint());
}

}  // namespace a2a_backup
