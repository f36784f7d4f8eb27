#include "registry/xml_tree.h"

#include <fmt/format.h>

#include <charconv>
#include <cstdint>

#include "base/error.h"

namespace registry {
namespace {

constexpr int kMostDepth = 32;

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

// Letters, digits and what else S3 has in names; not all that XML allows.
bool is_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.' || c == ':';
}

void append_utf8(std::string& out, std::uint32_t code) {
  const auto add = [&out](std::uint32_t byte) {
    out.push_back(static_cast<char>(byte));
  };
  if (code < 0x80) {
    add(code);
  } else if (code < 0x800) {
    add(0xC0 | code >> 6);
    add(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    add(0xE0 | code >> 12);
    add(0x80 | (code >> 6 & 0x3F));
    add(0x80 | (code & 0x3F));
  } else {
    add(0xF0 | code >> 18);
    add(0x80 | (code >> 12 & 0x3F));
    add(0x80 | (code >> 6 & 0x3F));
    add(0x80 | (code & 0x3F));
  }
}

class Reader {
 public:
  explicit Reader(std::string_view document) : text_(document) {}

  XmlElement read() {
    take("\xEF\xBB\xBF");
    // S3 sends spaces while it works on an answer.
    skip_spaces();
    if (take("<?xml")) skip_past("?>");
    skip_between();
    expect("<");
    XmlElement root = read_element(1);
    skip_between();
    if (at_ != text_.size()) refuse("something follows the document");
    return root;
  }

 private:
  [[noreturn]] void refuse(std::string_view why) const {
    throw base::Error(base::ErrorKind::invalid_input,
                      fmt::format("XML, byte {}: {}", at_, why));
  }

  bool take(std::string_view word) {
    if (text_.substr(at_, word.size()) != word) return false;
    at_ += word.size();
    return true;
  }
  void expect(std::string_view word) {
    if (!take(word)) refuse(fmt::format("\"{}\" is missing", word));
  }
  char next() {
    if (at_ == text_.size()) refuse("it ends too early");
    return text_[at_];
  }
  // Returns what stands before `word`.
  std::string_view skip_past(std::string_view word) {
    const std::size_t end = text_.find(word, at_);
    if (end == std::string_view::npos) {
      refuse(fmt::format("\"{}\" never comes", word));
    }
    const std::string_view before = text_.substr(at_, end - at_);
    at_ = end + word.size();
    return before;
  }
  void skip_spaces() {
    while (at_ < text_.size() && is_space(text_[at_])) ++at_;
  }
  // What may stand before and after the root.
  void skip_between() {
    do {
      skip_spaces();
    } while (take("<!--") && (skip_past("-->"), true));
  }

  std::string read_name() {
    const std::size_t begin = at_;
    while (at_ < text_.size() && is_name(text_[at_])) ++at_;
    if (at_ == begin) refuse("a name is missing");
    return std::string(text_.substr(begin, at_ - begin));
  }

  void skip_attributes() {
    for (;;) {
      skip_spaces();
      if (next() == '>' || next() == '/') return;
      read_name();
      skip_spaces();
      expect("=");
      skip_spaces();
      const char quote = next();
      if (quote != '"' && quote != '\'') refuse("a value has no quotes");
      ++at_;
      skip_past({&quote, 1});
    }
  }

  void read_reference(std::string& out) {
    constexpr std::size_t kLongest = 10;
    const std::size_t end = text_.find(';', at_);
    if (end == std::string_view::npos || end - at_ > kLongest) {
      refuse("\"&\" begins no reference");
    }
    const std::string_view name = text_.substr(at_, end - at_);
    if (name == "lt") {
      out.push_back('<');
    } else if (name == "gt") {
      out.push_back('>');
    } else if (name == "amp") {
      out.push_back('&');
    } else if (name == "quot") {
      out.push_back('"');
    } else if (name == "apos") {
      out.push_back('\'');
    } else {
      append_utf8(out, code_of(name));
    }
    at_ = end + 1;
  }

  std::uint32_t code_of(std::string_view name) const {
    if (!name.starts_with("#")) refuse("an entity that is not XML's own");
    const bool is_hex = name.starts_with("#x");
    name.remove_prefix(is_hex ? 2 : 1);
    std::uint32_t code = 0;
    const auto [end, error] = std::from_chars(
        name.data(), name.data() + name.size(), code, is_hex ? 16 : 10);
    const bool is_surrogate = code >= 0xD800 && code <= 0xDFFF;
    if (error != std::errc() || end != name.data() + name.size() || code == 0 ||
        code > 0x10FFFF || is_surrogate) {
      refuse("a character that there is not");
    }
    return code;
  }

  // After the "<".
  XmlElement read_element(int depth) {
    if (depth > kMostDepth) refuse("it is nested too deep");
    XmlElement element;
    element.name = read_name();
    skip_attributes();
    if (take("/>")) return element;
    expect(">");
    for (;;) {
      if (take("</")) break;
      if (take("<!--")) {
        skip_past("-->");
      } else if (take("<![CDATA[")) {
        element.text += skip_past("]]>");
      } else if (take("<")) {
        element.children.push_back(read_element(depth + 1));
      } else if (take("&")) {
        read_reference(element.text);
      } else {
        element.text.push_back(next());
        ++at_;
      }
    }
    if (read_name() != element.name) refuse("another element ends here");
    skip_spaces();
    expect(">");
    if (!element.children.empty()) element.text.clear();
    return element;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

const XmlElement* XmlElement::find(std::string_view child) const {
  for (const XmlElement& element : children) {
    if (element.name == child) return &element;
  }
  return nullptr;
}

std::string XmlElement::text_of(std::string_view child) const {
  const XmlElement* const element = find(child);
  return element == nullptr ? std::string() : element->text;
}

XmlElement parse_xml(std::string_view document) {
  return Reader(document).read();
}

std::string escape_xml(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '&':
        out += "&amp;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out.push_back(c);
    }
  }
  return out;
}

}  // namespace registry
