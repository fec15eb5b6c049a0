// SPDX-License-Identifier: MIT
#include "a2a_backup/core/prometheus.hpp"

namespace a2a_backup {

std::string prometheus_gauge(const std::string& name, const std::string& help,
                             const std::string& value, const std::string& labels) {
  return "# HELP " + name + " " + help + "\n# TYPE " + name + " gauge\n" + name + labels + " " +
         value + "\n";
}

}  // namespace a2a_backup
