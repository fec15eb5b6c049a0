// SPDX-License-Identifier: MIT
#include "a2a_backup/cli/secrets.hpp"

#include <algorithm>
#include <string_view>

namespace a2a_backup {
namespace {

constexpr std::string_view stars = "***";

/// To the last @, because people forget to encode the ones in their passwords.
void hide_in_authority(std::string& text) {
  const std::size_t scheme = text.find("://");
  const std::size_t at = text.rfind('@');
  if (scheme == std::string::npos || at == std::string::npos || at < scheme) return;
  const std::size_t colon = text.find(':', scheme + 3);
  if (colon < at && colon + 1 < at) text.replace(colon + 1, at - colon - 1, stars);
}

void hide_in_parameters(std::string& text) {
  constexpr std::string_view parameter = "password=";
  std::string lower = text;
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  const std::size_t found = lower.find(parameter);
  if (found == std::string::npos) return;
  const std::size_t begin = found + parameter.size();
  const std::size_t end = std::min(text.find_first_of("& ", begin), text.size());
  if (end > begin) text.replace(begin, end - begin, stars);
}

}  // namespace

std::string redacted(const std::string& text) {
  std::string safe = text;
  hide_in_authority(safe);
  hide_in_parameters(safe);
  return safe;
}

std::string redacted(std::string_view key, const std::string& text) {
  if (key.substr(key.rfind('.') + 1) != "ping") return redacted(text);
  const std::size_t scheme = text.find("://");
  const std::size_t path = text.find('/', scheme == std::string::npos ? 0 : scheme + 3);
  return redacted(path == std::string::npos ? text : text.substr(0, path + 1).append(stars));
}

}  // namespace a2a_backup
