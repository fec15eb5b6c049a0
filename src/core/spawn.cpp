// SPDX-License-Identifier: MIT
#include "spawn.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

namespace a2a_backup {
namespace {

/// posix_spawn rather than fork: other threads may hold locks, and it reports a failed exec.
class SpawnSettings {
 public:
  explicit SpawnSettings(bool own_group) {
    posix_spawn_file_actions_init(&actions_);
    posix_spawnattr_init(&attributes_);
    sigset_t none;
    sigemptyset(&none);
    sigset_t changed;
    sigemptyset(&changed);
    for (const int number : {SIGINT, SIGTERM, SIGPIPE}) sigaddset(&changed, number);
    posix_spawnattr_setsigmask(&attributes_, &none);
    posix_spawnattr_setsigdefault(&attributes_, &changed);
    posix_spawnattr_setpgroup(&attributes_, 0);
    const int flags =
        POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | (own_group ? POSIX_SPAWN_SETPGROUP : 0);
    posix_spawnattr_setflags(&attributes_, static_cast<short>(flags));
  }
  ~SpawnSettings() {
    posix_spawn_file_actions_destroy(&actions_);
    posix_spawnattr_destroy(&attributes_);
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;

  /// The program gets `from` under the number `to`. With equal numbers this takes the
  /// close-on-exec flag off, in the new program alone.
  void give(int from, int to) {
    const int result = posix_spawn_file_actions_adddup2(&actions_, from, to);
    if (result != 0) {
      throw system_error(ErrorKind::failed, "cannot hand on a descriptor", result);
    }
  }

  const posix_spawn_file_actions_t* actions() const { return &actions_; }
  const posix_spawnattr_t* attributes() const { return &attributes_; }

 private:
  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
};

/// A copy of `fd` above 2, out of the way of the three that are put in place one after another.
UniqueFd out_of_the_way(int fd) {
  UniqueFd copy(fcntl(fd, F_DUPFD_CLOEXEC, 3));
  if (!copy) throw system_error(ErrorKind::failed, "cannot hand on a descriptor", errno);
  return copy;
}

UniqueFd standard_stream(int fd) {
  if (fd >= 0) return out_of_the_way(fd);
  UniqueFd null(open("/dev/null", O_RDWR | O_CLOEXEC));
  if (!null) throw system_error(ErrorKind::failed, "cannot open /dev/null", errno);
  return out_of_the_way(null.get());
}

std::string name_of_variable(const char* entry) {
  return {entry, std::strcspn(entry, "=")};
}

std::vector<std::string> environment_with(
    const std::map<std::string, std::optional<std::string>>& changes) {
  std::vector<std::string> variables;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    if (!changes.contains(name_of_variable(*entry))) variables.emplace_back(*entry);
  }
  for (const auto& [name, value] : changes) {
    if (value) variables.push_back(name + "=" + *value);
  }
  return variables;
}

/// The form in which exec takes lists of texts, which must outlive it.
std::vector<char*> pointers_to(const std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  pointers.reserve(texts.size() + 1);
  // exec promises not to write to them.
  for (const std::string& text : texts) pointers.push_back(const_cast<char*>(text.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

}  // namespace

pid_t spawn(const SpawnOptions& options) {
  SpawnSettings settings(options.own_group);
  const std::array streams{standard_stream(options.input), standard_stream(options.output),
                           standard_stream(options.messages)};
  for (std::size_t i = 0; i < streams.size(); ++i) {
    settings.give(streams.at(i).get(), static_cast<int>(i));
  }
  for (const int fd : *options.inherited) settings.give(fd, fd);

  const std::vector<std::string> variables = environment_with(*options.environment);
  pid_t pid = -1;
  const int result =
      posix_spawn(&pid, options.program.c_str(), settings.actions(), settings.attributes(),
                  pointers_to(*options.command).data(), pointers_to(variables).data());
  if (result == 0) return pid;
  throw system_error(ErrorKind::failed, "cannot run " + options.program.string(), result);
}

}  // namespace a2a_backup
