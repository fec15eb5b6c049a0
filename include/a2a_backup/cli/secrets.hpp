// SPDX-License-Identifier: MIT
/// Passwords that hide in values.
#pragma once

#include <string>

namespace a2a_backup {

/// `text` with the password of a URL (user:password@host) or of a "password=" replaced by "***".
std::string redacted(const std::string& text);

}  // namespace a2a_backup
