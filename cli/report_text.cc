#include "cli/report_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "builder/shown_text.h"
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

// "NAME=VALUE" behind what was written before it.
std::string hide_value(std::string_view before, std::string_view argument) {
  const std::size_t equals = argument.find('=');
  std::string out(before);
  if (equals == std::string_view::npos ||
      !builder::may_be_secret(argument.substr(0, equals))) {
    return out.append(argument);
  }
  return out.append(argument.substr(0, equals + 1)).append("xxxxx");
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

std::string show_command(const std::vector<std::string>& words) {
  constexpr std::string_view kFlag = "--build-arg";
  constexpr std::string_view kFlagAndEquals = "--build-arg=";
  std::string out;
  bool is_argument = false;
  for (const std::string& word : words) {
    std::string shown = word;
    if (word.starts_with(kFlagAndEquals)) {
      shown = hide_value(kFlagAndEquals,
                         std::string_view(word).substr(kFlagAndEquals.size()));
    } else if (is_argument) {
      shown = hide_value({}, word);
    }
    is_argument = !is_argument && word == kFlag;
    if (!out.empty()) out += ' ';
    out += show_word(shown);
  }
  return out;
}

}  // namespace cli
