// SPDX-License-Identifier: MIT
#include "a2a_backup/source/pg_cluster.hpp"

#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <vector>

#include "a2a_backup/core/account.hpp"
#include "a2a_backup/core/subprocess.hpp"

namespace a2a_backup {
namespace {

constexpr std::uint64_t small = 64 << 10;

/// What a quoted word of postmaster.opts is: `/usr/bin/postgres "-D" "/data"`. Quotes within words
/// are not escaped there, so a path that has one is not understood, and not found.
std::vector<std::string> quoted_words(const std::string& text) {
  std::vector<std::string> words;
  for (std::size_t start = text.find('"'); start != std::string::npos;) {
    const std::size_t end = text.find('"', start + 1);
    if (end == std::string::npos) break;
    words.push_back(text.substr(start + 1, end - start - 1));
    start = text.find('"', end + 1);
  }
  return words;
}

/// Nothing when it is not there, or not to be read by us.
std::string text_of(const fs::path& file) {
  if (!stat_path(file)) return {};
  return read_file(file, small, ErrorKind::failed);
}

/// Where Debian, Red Hat and the search path have it. "9.6" is a version, too.
fs::path program_of(const std::string& version) {
  for (const std::string& folder :
       {"/usr/lib/postgresql/" + version + "/bin", "/usr/pgsql-" + version + "/bin"}) {
    if (const auto found = find_program(folder + "/postgres")) return *found;
  }
  return find_program("postgres").value_or(fs::path());
}

/// The file that `postgres -D FOLDER -c config_file=FILE` read, when it is not in `data`.
fs::path config_of(const std::vector<std::string>& words, const fs::path& data) {
  fs::path config;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (word == "-D" && i + 1 < words.size()) config = fs::path(words[i + 1]) / "postgresql.conf";
    for (const std::string_view option : {"config_file=", "--config-file=", "--config_file="}) {
      if (word.starts_with(option)) return word.substr(option.size());
    }
  }
  const fs::path folder = config.parent_path();
  std::error_code ignored;
  return config.empty() || fs::equivalent(folder, data, ignored) || !stat_path(config) ? fs::path()
                                                                                       : config;
}

/// Debian keeps the configuration of /var/lib/postgresql/15/main in /etc/postgresql/15/main.
fs::path debian_config(const fs::path& data) {
  const fs::path name = data.filename();
  const fs::path version = data.parent_path().filename();
  const fs::path config = fs::path("/etc/postgresql") / version / name / "postgresql.conf";
  const bool usual = data.parent_path().parent_path() == "/var/lib/postgresql";
  return usual && stat_path(config) ? config : fs::path();
}

/// A folder for a socket, whose path must be short: 107 bytes are all that a socket's name may
/// have.
class SocketFolder {
 public:
  explicit SocketFolder(uid_t owner) {
    constexpr std::size_t longest = 70;
    const fs::path usual = fs::temp_directory_path();
    path_ = ((usual.native().size() < longest ? usual : "/tmp") / "a2a-backup.XXXXXX").native();
    if (mkdtemp(path_.data()) == nullptr) {
      throw system_error(ErrorKind::failed, "cannot make a folder in " + usual.string(), errno);
    }
    if (geteuid() == owner || chown(path_.c_str(), owner, static_cast<gid_t>(-1)) == 0) return;
    const int error_number = errno;
    remove_quietly(path_);
    throw system_error(ErrorKind::failed, "cannot hand over " + path_, error_number);
  }
  ~SocketFolder() { remove_quietly(path_); }
  SocketFolder(const SocketFolder&) = delete;
  SocketFolder& operator=(const SocketFolder&) = delete;

  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

std::vector<std::string> closed_server(const PgLaunch& launch, const fs::path& data,
                                       const std::string& socket_folder) {
  std::vector<std::string> words{launch.program.string(), "-D", data.string()};
  const auto set = [&](const std::string& setting) {
    words.emplace_back("-c");
    words.push_back(setting);
  };
  if (!launch.config.empty()) {
    set("config_file=" + launch.config.string());
    set("data_directory=" + data.string());
  }
  set("listen_addresses=");
  set("unix_socket_directories=" + socket_folder);
  set("external_pid_file=" + socket_folder + "/pid");
  // Nobody is let in, and so none of the limits of the old server has to be met.
  set("hot_standby=off");
  set("recovery_target_action=shutdown");
  set("lc_messages=C");
  set("logging_collector=off");
  set("log_destination=stderr");
  set("log_min_messages=warning");  // LOG is above it
  set("log_line_prefix=");
  return words;
}

/// The rest of the last line that has `mark`.
std::string behind(const std::string& text, const std::string& mark) {
  const std::size_t found = text.rfind(mark);
  if (found == std::string::npos) return {};
  const std::size_t start = found + mark.size();
  return text.substr(start, text.find('\n', start) - start);
}

}  // namespace

std::optional<pid_t> running_server(const fs::path& data) {
  const std::string text = text_of(data / "postmaster.pid");
  pid_t pid = 0;
  std::from_chars(text.data(), text.data() + text.size(), pid);
  if (pid <= 0 || (kill(pid, 0) != 0 && errno == ESRCH)) return std::nullopt;
  return pid;
}

PgLaunch launch_of(const fs::path& data, const std::string& version) {
  const std::string text = text_of(data / "postmaster.opts");
  if (text.empty()) return {program_of(version), debian_config(data)};
  PgLaunch launch;
  if (const auto found = find_program(text.substr(0, text.find(" \"")))) launch.program = *found;
  if (launch.program.empty()) launch.program = program_of(version);
  launch.config = config_of(quoted_words(text), data);
  return launch;
}

RecoveryResult try_recovery(const PgLaunch& launch, const fs::path& data, uid_t owner) {
  const SocketFolder folder(owner);
  SubprocessOptions options;
  options.command = words_as(owner, closed_server(launch, data, folder.path()));
  options.grace = std::chrono::seconds{60};
  Subprocess server(std::move(options));
  const ProgramResult& result = server.wait();
  const std::string& said = result.messages;
  if (said.find("shutdown at recovery target") != std::string::npos && result.good()) return {};
  if (said.find("before configured recovery target was reached") != std::string::npos) {
    const std::string done = behind(said, "redo done at ");
    const std::string segment = behind(said, "restored log file \"");
    return {Recovery::too_short, behind(said, "last completed transaction was at log time "),
            done.substr(0, done.find(' ')), segment.substr(0, segment.find('"'))};
  }
  std::string reason = behind(said, "FATAL:  ");
  if (reason.empty()) reason = result.reason();
  throw Error(ErrorKind::failed,
              "the restored server does not come to the wanted moment: " + reason);
}

}  // namespace a2a_backup
