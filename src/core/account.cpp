// SPDX-License-Identifier: MIT
#include "a2a_backup/core/account.hpp"

#include <pwd.h>
#include <unistd.h>

#include "a2a_backup/core/error.hpp"

namespace a2a_backup {

std::string account_name(uid_t user) {
  const passwd* account = getpwuid(user);
  return account == nullptr ? std::to_string(user) : account->pw_name;
}

std::vector<std::string> words_as(uid_t user, std::vector<std::string> words) {
  if (geteuid() == user) return words;
  const passwd* account = getpwuid(user);
  if (geteuid() != 0 || account == nullptr) {
    const std::string name = account_name(user);
    throw Error(ErrorKind::refused, "this has to be done as the user " + name,
                "run it as root, or as " + name);
  }
  // From a folder that every user may enter, which ours need not be.
  std::vector<std::string> command{"env",
                                   "--chdir=/",
                                   "setpriv",
                                   "--reuid=" + std::to_string(user),
                                   "--regid=" + std::to_string(account->pw_gid),
                                   "--init-groups",
                                   "--"};
  command.insert(command.end(), words.begin(), words.end());
  return command;
}

}  // namespace a2a_backup
