#include "cli/report_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "cli/clean_text.h"
#include "cli/utf8.h"
#include "parser/url.h"

namespace cli {
namespace {

struct Interval {
  char32_t first;
  char32_t last;
};

// Unicode's bidirectional controls, separators, and format characters that
// have no width (UAX #9, UTS #39).
constexpr std::array kHidden = {
    Interval{0xad, 0xad},     Interval{0x61c, 0x61c},
    Interval{0x180e, 0x180e}, Interval{0x200b, 0x200b},
    Interval{0x200e, 0x200f}, Interval{0x2028, 0x202e},
    Interval{0x2060, 0x206f}, Interval{0xfeff, 0xfeff},
    Interval{0xfff9, 0xfffb}, Interval{0xe0000, 0xe007f},
};

bool is_hidden(char32_t value) {
  return std::any_of(kHidden.begin(), kHidden.end(), [value](Interval hidden) {
    return hidden.first <= value && value <= hidden.last;
  });
}

}  // namespace

std::string show_text(std::string_view text) {
  const std::string clean = clean_text(text);
  std::string out;
  out.reserve(clean.size());
  for (std::string_view rest = clean; !rest.empty();) {
    const Character next = first_character(rest);
    if (next.is_valid && is_hidden(next.code_point)) {
      out += fmt::format("<U+{:04X}>",
                         static_cast<std::uint32_t>(next.code_point));
    } else {
      out += rest.substr(0, next.bytes);
    }
    rest.remove_prefix(next.bytes);
  }
  return out;
}

std::string show_word(std::string_view word) {
  constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
      "-_=+,./:@%^";
  std::string shown = show_text(parser::redact_credentials(word));
  if (!shown.empty() && shown.find_first_not_of(kPlain) == shown.npos) {
    return shown;
  }
  std::string out = "'";
  for (const char c : shown) {
    if (c == '\'') {
      out += "'\\''";
    } else {
      out += c;
    }
  }
  out += '\'';
  return out;
}

}  // namespace cli
