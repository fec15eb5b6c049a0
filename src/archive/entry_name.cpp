// SPDX-License-Identifier: MIT
#include "a2a_backup/archive/entry_name.hpp"

#include <algorithm>
#include <array>

#include "a2a_backup/core/text.hpp"

namespace a2a_backup {
namespace {

constexpr std::string_view json_suffix = ".json";
constexpr std::size_t max_stem = 100;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_alphanumeric(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/// Windows looks at what stands before the first dot, whatever its case, and takes no notice of
/// spaces after it. Source: "Naming Files, Paths, and Namespaces", Microsoft.
bool is_device_name(std::string_view stem) {
  static constexpr std::array<std::string_view, 4> whole{"con", "prn", "aux", "nul"};
  std::string base = fold_case(stem.substr(0, stem.find('.')));
  base.erase(base.find_last_not_of(' ') + 1);
  if (std::find(whole.begin(), whole.end(), base) != whole.end()) return true;
  const bool port = base.starts_with("com") || base.starts_with("lpt");
  return port && base.size() == 4 && is_digit(base[3]);
}

std::string stem_problem(std::string_view stem) {
  if (stem.empty()) return "has no name before '.json'";
  if (stem.size() > max_stem) return "has a name of more than 100 characters";
  if (stem.find('/') != std::string_view::npos) return "lies in a folder below 'shared'";
  const auto allowed = [](char c) {
    return is_alphanumeric(c) || c == '_' || c == '-' || c == '.' || c == ' ';
  };
  if (!std::all_of(stem.begin(), stem.end(), allowed)) {
    return "has a character other than ASCII letters, digits, '_', '-', '.' and spaces";
  }
  if (!is_alphanumeric(stem[0]) && stem[0] != '_') {
    return "has a name that does not start with a letter, a digit or '_'";
  }
  if (is_device_name(stem)) return "has the name of a device on Windows";
  return {};
}

/// Takes `form` off the front of `name`, in which a 'd' is any digit; false when it does not fit.
bool take(std::string_view& name, std::string_view form) {
  if (name.size() < form.size()) return false;
  for (std::size_t i = 0; i < form.size(); ++i) {
    if (form[i] == 'd' ? !is_digit(name[i]) : name[i] != form[i]) return false;
  }
  name.remove_prefix(form.size());
  return true;
}

/// "_2" and up, as `create` counts; nothing is fine too.
bool take_number(std::string_view& name) {
  if (name.empty() || name.front() != '_') return true;
  name.remove_prefix(1);
  const std::string_view digits = name.substr(0, name.find_first_not_of("0123456789"));
  name.remove_prefix(digits.size());
  return !digits.empty() && digits.front() != '0' && digits != "1";
}

}  // namespace

bool is_backup_name(std::string_view name) {
  if (!name.starts_with(backup_prefix)) return false;
  name.remove_prefix(backup_prefix.size());
  if (!take(name, "dddddddd_dddddd") || !take_number(name)) return false;
  return name == archive_suffix || name == encrypted_suffix;
}

bool is_archive_name(std::string_view name) {
  return name.ends_with(archive_suffix) || name.ends_with(encrypted_suffix);
}

std::string entry_name_problem(std::string_view name) {
  if (name == metadata_entry || name == sqlite_entry || name == postgresql_entry) return {};
  if (!name.starts_with(shared_prefix)) {
    return "is neither 'shared/<name>.json' nor the database nor the metadata";
  }
  name.remove_prefix(shared_prefix.size());
  if (!name.ends_with(json_suffix)) return "does not end in '.json'";
  name.remove_suffix(json_suffix.size());
  return stem_problem(name);
}

}  // namespace a2a_backup
