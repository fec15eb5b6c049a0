// SPDX-License-Identifier: MIT
/// The little XML that S3 speaks, read strictly. Source of the format: W3C, XML 1.0 (Fifth
/// Edition); without document types, processing instructions and CDATA, which S3 does not use.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace a2a_backup {

struct XmlElement {
  std::string name;  ///< without the prefix of a namespace
  std::string text;  ///< its own, without that of its children
  std::vector<XmlElement> children;

  /// The first child of that name, or nullptr.
  const XmlElement* find(std::string_view child) const;
  /// The text of the first child of that name, or "".
  std::string text_of(std::string_view child) const;
};

/// The root element; nothing when `document` is not well-formed, nests deeper than 8 elements, or
/// holds more than 100,000 of them.
std::optional<XmlElement> parse_xml(std::string_view document);

/// `text` for the inside of an element.
std::string xml_escaped(std::string_view text);

}  // namespace a2a_backup
