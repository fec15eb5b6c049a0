// SPDX-License-Identifier: MIT
#include "a2a_backup/cli/service_flags.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>

#include "a2a_backup/cli/usage_errors.hpp"
#include "a2a_backup/core/environment.hpp"
#include "a2a_backup/core/secret.hpp"

namespace a2a_backup {
namespace {

std::string service_url(const std::string& from) {
  if (from != "service") return from;
  const std::string url = environment("A2A_JULES_API_URL");
  if (!url.empty()) return url;
  throw Error(ErrorKind::usage, "--from service needs A2A_JULES_API_URL, which is not set",
              "set it to the URL of the service, or name the URL: --from https://...");
}

std::chrono::seconds positive_duration(const std::string& option, const std::string& text) {
  const auto duration = duration_of(option, text, "90s");
  if (duration.count() > 0) return duration;
  throw Error(ErrorKind::usage, option + " " + text + " leaves no time at all",
              "give it some, such as 90s");
}

/// The name of a header as RFC 9110 allows it: nothing that could end it.
std::string key_header() {
  const std::string name = environment("A2A_API_KEY_HEADER");
  if (name.empty()) return ServiceOptions{}.key_header;
  const bool good = std::all_of(name.begin(), name.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_';
  });
  if (good) return name;
  throw Error(ErrorKind::usage, "A2A_API_KEY_HEADER is not the name of a header",
              "write it like X-API-Key, or Authorization for a bearer token");
}

}  // namespace

void add_service_options(CLI::App& command, ServiceFlags& flags) {
  const auto group = "From a running service";
  command
      .add_option("--from", flags.from,
                  "Take what this service exports, with the key in A2A_API_KEY or "
                  "A2A_API_KEY_FILE ('service': the URL in A2A_JULES_API_URL)")
      ->type_name("URL")
      ->group(group);
  command.add_flag("--tasks-only", flags.tasks_only, "Take its public list /tasks alone")
      ->group(group);
  command.add_option("--ca-file", flags.ca_file, "Trust these authorities (PEM) alone")
      ->type_name("FILE")
      ->group(group);
  command.add_option("--max-download", flags.max_download, "Stop above this (default: 2GiB)")
      ->transform(CLI::AsSizeValue(false))
      ->type_name("SIZE")
      ->group(group);
  command.add_option("--download-timeout", flags.download_timeout, "For each file, tries included")
      ->type_name("AGE")
      ->capture_default_str()
      ->group(group);
  command.add_option("--wake-timeout", flags.wake_timeout, "How long it may take to wake up")
      ->type_name("AGE")
      ->capture_default_str()
      ->group(group);
  command.add_option("--retries", flags.retries, "How often to try again what failed in passing")
      ->check(CLI::Range(0, 20))
      ->type_name("N")
      ->capture_default_str()
      ->group(group);
}

std::optional<ServiceOptions> to_service_options(const ServiceFlags& flags) {
  if (flags.from.empty()) {
    if (!flags.tasks_only) return std::nullopt;
    throw Error(ErrorKind::usage, "--tasks-only needs --from", "name the service: --from URL");
  }
  ServiceOptions options;
  options.url = service_url(flags.from);
  options.tasks_only = flags.tasks_only;
  options.key = secret_from_environment("A2A_API_KEY");
  options.key_header = key_header();
  options.http.ca_file = flags.ca_file;
  options.http.max_body = flags.max_download;
  options.http.total_timeout = positive_duration("--download-timeout", flags.download_timeout);
  options.http.retries = flags.retries;
  options.wake_timeout = positive_duration("--wake-timeout", flags.wake_timeout);
  return options;
}

}  // namespace a2a_backup
