#include "cli/clean_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>

#include "cli/utf8.h"

namespace cli {
namespace {

constexpr char kEscape = '\x1b';
constexpr std::string_view kReplacement = "\xef\xbf\xbd";  // U+FFFD

bool is_between(char c, char first, char last) {
  return c >= first && c <= last;
}

// Behind the introducer of a control string ("ESC ]" and its like): how many
// bytes up to and with its end, which is BEL, ESC \ or U+009C. One that does
// not end takes the rest of the line.
std::size_t string_length(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::string_view rest = text.substr(i);
    if (rest.starts_with('\a')) return i + 1;
    if (rest.starts_with("\x1b\\") || rest.starts_with("\xc2\x9c")) {
      return i + 2;
    }
  }
  return text.size();
}

// Behind "ESC [": parameters, intermediates, one final byte.
std::size_t csi_length(std::string_view text) {
  std::size_t i = 0;
  while (i < text.size() && is_between(text[i], ' ', '?')) ++i;
  return i < text.size() && is_between(text[i], '@', '~') ? i + 1 : i;
}

// Of the escape sequence the text begins with.
std::size_t escape_length(std::string_view text) {
  if (text.size() < 2) return text.size();
  const char kind = text[1];
  if (kind == '[') return 2 + csi_length(text.substr(2));
  if (std::string_view("]PX^_").find(kind) != std::string_view::npos) {
    return 2 + string_length(text.substr(2));
  }
  std::size_t i = 1;
  while (i < text.size() && is_between(text[i], ' ', '/')) ++i;
  return i < text.size() && is_between(text[i], '0', '~') ? i + 1 : i;
}

// The same for the one-character introducers U+0080 to U+009F.
std::size_t c1_length(std::string_view text, char32_t code) {
  if (code == 0x9b) return 2 + csi_length(text.substr(2));
  const bool has_string = code == 0x90 || code == 0x98 || code >= 0x9d;
  return has_string ? 2 + string_length(text.substr(2)) : 2;
}

// What changes the direction of writing (UAX #9), so that a line reads as
// another one than it is.
bool is_direction(char32_t code) {
  return code == 0x61c || code == 0x200e || code == 0x200f ||
         (code >= 0x202a && code <= 0x202e) ||
         (code >= 0x2066 && code <= 0x2069);
}

std::string_view last_rewrite(std::string_view line) {
  while (line.ends_with('\r')) line.remove_suffix(1);
  const std::size_t at = line.rfind('\r');
  return at == std::string_view::npos ? line : line.substr(at + 1);
}

}  // namespace

std::string clean_line(std::string_view line) {
  line = last_rewrite(line);
  std::string out;
  out.reserve(line.size());
  while (!line.empty()) {
    if (line.front() == kEscape) {
      line.remove_prefix(escape_length(line));
      continue;
    }
    const Character next = first_character(line);
    std::size_t length = next.bytes;
    if (!next.is_valid) {
      out += kReplacement;
    } else if (next.code_point >= 0x80 && next.code_point < 0xa0) {
      length = std::min(c1_length(line, next.code_point), line.size());
    } else if (is_direction(next.code_point)) {
      out += fmt::format("<U+{:04X}>",
                         static_cast<std::uint32_t>(next.code_point));
    } else if (next.code_point == '\t' ||
               (next.code_point >= ' ' && next.code_point != 0x7f)) {
      out += line.substr(0, length);
    }
    line.remove_prefix(length);
  }
  return out;
}

std::string clean_text(std::string_view text) {
  std::string out;
  for (;;) {
    const std::size_t end = text.find('\n');
    out += clean_line(text.substr(0, end));
    if (end == std::string_view::npos) return out;
    out += '\n';
    text.remove_prefix(end + 1);
  }
}

}  // namespace cli
