// SPDX-License-Identifier: MIT
/// The Prometheus text format, version 0.0.4.
#pragma once

#include <string>

namespace a2a_backup {

/// The three lines of one gauge. `labels` is empty or such as `{command="create"}`.
std::string prometheus_gauge(const std::string& name, const std::string& help,
                             const std::string& value, const std::string& labels = {});

}  // namespace a2a_backup
