// SPDX-License-Identifier: MIT
#include "a2a_backup/core/error.hpp"

#include <array>
#include <system_error>
#include <utility>

namespace a2a_backup {
namespace {

using enum ErrorKind;

constexpr std::array kinds{
    ErrorKindInfo{failed, 1, "failed", "failed, nothing was published or changed"},
    ErrorKindInfo{usage, 2, "usage", "wrong usage or configuration"},
    ErrorKindInfo{source, 3, "source",
                  "what should be backed up is missing, invalid or unreadable"},
    ErrorKindInfo{not_found, 4, "not_found", "no such backup"},
    ErrorKindInfo{archive, 5, "archive",
                  "the archive is damaged, hostile or of an unknown version"},
    ErrorKindInfo{busy, 6, "busy", "locked or busy"},
    ErrorKindInfo{refused, 7, "refused", "refused for safety (would ask, and cannot)"},
    ErrorKindInfo{pending, 8, "pending", "an interrupted restore waits for --resume or --rollback"},
    ErrorKindInfo{key, 9, "key", "wrong or missing key"},
    ErrorKindInfo{partial, 10, "partial",
                  "done, but what should follow failed (a copy elsewhere, --after)"},
    ErrorKindInfo{check, 11, "check", "a check failed (stale, different)"},
    ErrorKindInfo{rolled_back, 12, "rolled_back", "a restore failed and was rolled back"},
    ErrorKindInfo{interrupted, 130, "interrupted", "interrupted (Ctrl-C)"},
    ErrorKindInfo{terminated, 143, "terminated", "terminated (SIGTERM)"},
};

}  // namespace

std::span<const ErrorKindInfo> error_kinds() {
  return kinds;
}

const ErrorKindInfo& info_of(ErrorKind kind) {
  for (const ErrorKindInfo& info : kinds) {
    if (info.kind == kind) return info;
  }
  return kinds.front();
}

Error::Error(ErrorKind kind, std::string message, std::string hint)
    : kind_(kind), message_(std::move(message)), hint_(std::move(hint)) {}

Error current_error() {
  try {
    throw;
  } catch (const Error& error) {
    return error;
  } catch (const std::exception& error) {
    return {ErrorKind::failed, error.what()};
  } catch (...) {
    return {ErrorKind::failed, "something that is no error was thrown"};
  }
}

Error system_error(ErrorKind kind, const std::string& what, int error_number, std::string hint) {
  return {kind, what + ": " + std::generic_category().message(error_number), std::move(hint)};
}

}  // namespace a2a_backup
