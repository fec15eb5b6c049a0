// SPDX-License-Identifier: MIT
/// The options of `create` that take the data from a running service.
#pragma once

#include <optional>
#include <string>

#include "a2a_backup/source/http_source.hpp"

namespace CLI {
class App;
}

namespace a2a_backup {

struct ServiceFlags {
  std::string from;
  bool tasks_only = false;
  std::string ca_file;
  std::uint64_t max_download = std::uint64_t{2} << 30;
  std::string download_timeout = "1h";
  std::string wake_timeout = "3m";
  int retries = 4;
};

void add_service_options(CLI::App& command, ServiceFlags& flags);

/// Nothing without --from. The URL "service" is $A2A_JULES_API_URL; the key comes from $A2A_API_KEY
/// or the file that $A2A_API_KEY_FILE names, its header from $A2A_API_KEY_HEADER. Throws Error of
/// kind `usage`, or `key` for a key that others can read.
std::optional<ServiceOptions> to_service_options(const ServiceFlags& flags);

}  // namespace a2a_backup
