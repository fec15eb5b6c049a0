// SPDX-License-Identifier: MIT
/// Users of the operating system, and work in their name.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace a2a_backup {

/// "postgres", or the number of a user who has no name.
std::string account_name(uid_t user);

/// `words` as a command that runs as `user`: itself for that user, by setpriv (which is part of
/// util-linux) for root. Throws Error of kind `refused` for anybody else.
std::vector<std::string> words_as(uid_t user, std::vector<std::string> words);

}  // namespace a2a_backup
