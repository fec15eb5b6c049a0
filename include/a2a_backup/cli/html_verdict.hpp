// SPDX-License-Identifier: MIT
/// The one sentence on top of the report.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "a2a_backup/cli/html_report.hpp"

namespace a2a_backup {

enum class VerdictLevel : std::uint8_t {
  good,       ///< the newest good backup is young enough, and none is broken
  attention,  ///< it is, and something should be looked at
  bad,        ///< there is none that is young enough
};

struct Verdict {
  VerdictLevel level = VerdictLevel::bad;
  std::string word;                  ///< "All right", "Look at this", "Not all right"
  std::string sentence;              ///< "The newest good backup is 3 hours old"
  std::vector<std::string> remarks;  ///< why it is not simply good, as sentences
};

/// A pure function of the report.
Verdict judge(const Report& report);

/// The newest good backup that has a time, or null.
const ReportedBackup* newest_good(const Report& report);

}  // namespace a2a_backup
