// SPDX-License-Identifier: MIT
/// A backup that a running service made, brought here and not believed.
#pragma once

#include <optional>

#include "a2a_backup/backup/create.hpp"
#include "a2a_backup/source/http_source.hpp"

namespace a2a_backup {

/// Downloads the service's /export/backup to the new file `archive`, extracts it below the private
/// folder `scratch` and proves it there as verify_backup() does. Returns its metadata, with what
/// the caller should know added to the warnings; nothing when the service has no such thing. Throws
/// Error of kind `archive` when it is damaged, `source` when it lacks what is required.
std::optional<Metadata> receive_backup(ServiceClient& service, const CreateOptions& options,
                                       const fs::path& archive, const fs::path& scratch,
                                       Progress& progress);

}  // namespace a2a_backup
