// SPDX-License-Identifier: MIT
/// Passwords that hide in values.
#pragma once

#include <string>
#include <string_view>

namespace a2a_backup {

/// `text` with the password of a URL (user:password@host) or of a "password=" replaced by "***".
std::string redacted(const std::string& text);

/// The same for the value of the option `key` ("ping", "create.ping"): an address that is secret as
/// a whole keeps only its host.
std::string redacted(std::string_view key, const std::string& text);

}  // namespace a2a_backup
