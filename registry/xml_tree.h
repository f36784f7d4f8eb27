// A small XML document as a tree: what S3 and STS answer with.
//
// XML 1.0 elements, character data, the five entities and character references,
// CDATA, comments and the declaration, spaces in front of it too. Attributes
// are read past, names keep their prefix. Refused: document types (and so
// entities of one's own, the source of all that can be done with a hostile
// document), other processing instructions, trees deeper than 32 elements. Text
// of an element that has children is dropped: it is only the indentation.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace registry {

struct XmlElement {
  std::string name;
  std::string text;
  std::vector<XmlElement> children;

  // The first child of that name; nullptr when there is none.
  const XmlElement* find(std::string_view child) const;
  // Its text; empty when there is none.
  std::string text_of(std::string_view child) const;
};

// Throws: invalid_input; the message says at which byte it went wrong.
XmlElement parse_xml(std::string_view document);

// Text as it stands inside an element.
std::string escape_xml(std::string_view text);

}  // namespace registry
