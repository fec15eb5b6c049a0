// SPDX-License-Identifier: MIT
/// How the report looks.
#pragma once

#include <string_view>

namespace a2a_backup {

/// The style sheet, for a <style> element: light and dark, screen and paper, from 320 pixels on.
std::string_view report_style();

}  // namespace a2a_backup
