// SPDX-License-Identifier: MIT
/// Programs on $PATH.
#pragma once

#include <optional>
#include <string>

#include "a2a_backup/core/file.hpp"

namespace a2a_backup {

/// The file that `name` means: itself when it has a slash, else the first executable file in a
/// folder of $PATH (empty parts of it, which mean the present folder, are passed over). Nothing
/// when there is none.
std::optional<fs::path> find_program(const std::string& name);

}  // namespace a2a_backup
