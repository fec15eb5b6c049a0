// SPDX-License-Identifier: MIT
/// The one exception class, and the one table from what went wrong to an exit code.
#pragma once

#include <cstdint>
#include <exception>
#include <span>
#include <string>
#include <string_view>

namespace a2a_backup {

enum class ErrorKind : std::uint8_t {
  failed,       ///< nothing was published or changed
  usage,        ///< the command line or the configuration is wrong
  source,       ///< what should be backed up is missing, invalid or unreadable
  not_found,    ///< no such backup
  archive,      ///< the archive is damaged, hostile or of an unknown version
  busy,         ///< another run or the application holds a lock
  refused,      ///< would ask for confirmation and cannot, or would be unsafe
  pending,      ///< an interrupted restore waits for a decision
  key,          ///< a key is wrong or missing
  partial,      ///< done, but what should follow failed: a copy elsewhere, a hook
  check,        ///< a check failed: stale, different
  rolled_back,  ///< a restore failed and the old state is back
  interrupted,  ///< SIGINT
  terminated,   ///< SIGTERM
};

/// One row of the exit-code table, which the help text and the README show.
struct ErrorKindInfo {
  ErrorKind kind;
  int exit_code;
  std::string_view name;  ///< the stable word in JSON output
  std::string_view meaning;
};

/// Every kind, in the order of exit codes.
std::span<const ErrorKindInfo> error_kinds();
const ErrorKindInfo& info_of(ErrorKind kind);

/// `message` is a lower-case sentence without a full stop that names the file; `hint` says what to
/// do next and may be empty.
class Error : public std::exception {
 public:
  Error(ErrorKind kind, std::string message, std::string hint = {});

  const char* what() const noexcept override { return message_.c_str(); }
  ErrorKind kind() const { return kind_; }
  const std::string& message() const { return message_; }
  const std::string& hint() const { return hint_; }

 private:
  ErrorKind kind_;
  std::string message_;
  std::string hint_;
};

/// What is being handled, in a catch (...), as an Error: what is none becomes one of kind `failed`.
Error current_error();

/// An Error of `kind` that ends in the text of `error_number` (an errno value).
Error system_error(ErrorKind kind, const std::string& what, int error_number,
                   std::string hint = {});

}  // namespace a2a_backup
