// SPDX-License-Identifier: MIT
/// The pipes to other programs.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <span>

#include "a2a_backup/core/file.hpp"

namespace a2a_backup {

/// Two ends that no program inherits by itself.
struct Pipe {
  UniqueFd read_end;
  UniqueFd write_end;
};
Pipe make_pipe();

void set_nonblocking(int fd);

/// Writes to a pipe whose reader may be gone: that is EPIPE and no signal, whatever is set.
ssize_t write_without_signal(int fd, std::span<const std::byte> data);

}  // namespace a2a_backup
