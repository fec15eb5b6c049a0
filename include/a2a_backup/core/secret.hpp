// SPDX-License-Identifier: MIT
/// Keys and tokens, which come by the environment or a private file and never by the command line.
#pragma once

#include <optional>
#include <string>

#include "a2a_backup/core/file.hpp"

namespace a2a_backup {

/// The value of the environment variable `name`, else the content of the file that the variable
/// `name`_FILE names; nothing when both are unset or empty. Throws Error of kind `key` like
/// read_secret_file().
std::optional<std::string> secret_from_environment(const std::string& name);

/// The first line of the file. Throws Error of kind `key`, never repeating the content, when the
/// file cannot be read, when others than its owner may read or change it, or when it holds anything
/// but printable ASCII.
std::string read_secret_file(const fs::path& file);

/// Whether two secrets are equal, in a time that depends on the length of `given` alone.
bool equal_secrets(const std::string& given, const std::string& expected);

}  // namespace a2a_backup
