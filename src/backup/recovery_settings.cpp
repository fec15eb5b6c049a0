// SPDX-License-Identifier: MIT
#include "recovery_settings.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace a2a_backup {
namespace {

/// Recovery's settings are in postgresql.auto.conf, which pgBackRest writes, too.
constexpr const char* settings_file = "postgresql.auto.conf";

/// The whole file, made durable before it has its name.
void rewrite(const fs::path& file, const std::string& text) {
  const struct stat status = stat_path(file).value();
  const fs::path fresh = file.string() + ".new";
  {
    const UniqueFd fd = create_new(fresh);
    write_all(fd.get(), text, fresh);
    if (fchmod(fd.get(), status.st_mode & 0777U) != 0 ||
        fchown(fd.get(), status.st_uid, status.st_gid) != 0) {
      throw system_error(ErrorKind::failed, "cannot write " + fresh.string(), errno);
    }
    sync_fd(fd.get(), fresh);
  }
  fs::rename(fresh, file);
  sync_dir(file.parent_path());
}

std::string settings_of(const fs::path& data) {
  return read_file(data / settings_file, std::uint64_t{1} << 20, ErrorKind::failed);
}

}  // namespace

void aim_at_the_end(const fs::path& data, const std::string& lsn) {
  rewrite(data / settings_file, settings_of(data) + "recovery_target_time = ''\n" +
                                    "recovery_target_lsn = '" + lsn + "'\n");
}

void rename_in_settings(const fs::path& data, const fs::path& name) {
  std::string text = settings_of(data);
  const std::string option = "--pg1-path=" + data.string();
  const std::size_t found = text.rfind(option);
  if (found == std::string::npos) {
    throw Error(ErrorKind::failed, "pgbackrest wrote no restore_command with " + option + " into " +
                                       (data / settings_file).string());
  }
  text.replace(found, option.size(), "--pg1-path=" + name.string());
  rewrite(data / settings_file, text);
}

}  // namespace a2a_backup
