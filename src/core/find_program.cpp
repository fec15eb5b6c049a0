// SPDX-License-Identifier: MIT
#include "a2a_backup/core/find_program.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>

namespace a2a_backup {
namespace {

bool is_executable(const fs::path& path) {
  std::error_code unreachable;
  return fs::is_regular_file(path, unreachable) && access(path.c_str(), X_OK) == 0;
}

}  // namespace

std::optional<fs::path> find_program(const std::string& name) {
  if (name.find('/') != std::string::npos) {
    return is_executable(name) ? std::optional<fs::path>(name) : std::nullopt;
  }
  const char* variable = std::getenv("PATH");
  const std::string folders = variable == nullptr ? "/usr/local/bin:/usr/bin:/bin" : variable;
  for (std::size_t start = 0; start <= folders.size();) {
    const std::size_t end = std::min(folders.find(':', start), folders.size());
    const fs::path folder = folders.substr(start, end - start);
    if (!folder.empty() && is_executable(folder / name)) return folder / name;
    start = end + 1;
  }
  return std::nullopt;
}

}  // namespace a2a_backup
