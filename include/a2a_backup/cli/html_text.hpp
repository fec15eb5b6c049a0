// SPDX-License-Identifier: MIT
/// Text for HTML and SVG.
#pragma once

#include <string>
#include <string_view>

namespace a2a_backup {

/// `text` as the content of an element or of a quoted attribute: the five characters that mean
/// something in HTML are escaped. What a reader could not see is spelled out: control characters
/// and bytes that are not UTF-8 as \x1b, marks without a shape (those that turn the direction of
/// text around among them) as \u202e.
std::string html_escape(std::string_view text);

/// The same for an element's content that somebody else chose: letters that run from right to left
/// do not rearrange what stands around them.
std::string html_foreign(std::string_view text);

/// A source expression for a Content-Security-Policy that allows exactly this inline text:
/// 'sha256-...' with its quotes (CSP level 2).
std::string csp_source(std::string_view inline_text);

}  // namespace a2a_backup
