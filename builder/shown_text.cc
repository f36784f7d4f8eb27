#include "builder/shown_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "parser/ascii.h"

namespace builder {
namespace {

constexpr std::size_t kMostBytes = 60;
// Of what two long texts have in common, this much is shown on either side.
constexpr std::size_t kCommonBytes = 16;

constexpr std::array<std::string_view, 6> kSecretParts = {
    "token", "pass", "pword", "secret", "cred", "apikey"};
constexpr std::array<std::string_view, 4> kSecretWords = {"auth", "key", "pwd",
                                                          "pat"};

// Unicode's controls of the direction of writing, in UTF-8.
struct Direction {
  std::string_view bytes;
  unsigned code_point;
};
constexpr std::array kDirections = {
    Direction{"\xe2\x80\x8e", 0x200e}, Direction{"\xe2\x80\x8f", 0x200f},
    Direction{"\xe2\x80\xaa", 0x202a}, Direction{"\xe2\x80\xab", 0x202b},
    Direction{"\xe2\x80\xac", 0x202c}, Direction{"\xe2\x80\xad", 0x202d},
    Direction{"\xe2\x80\xae", 0x202e}, Direction{"\xe2\x81\xa6", 0x2066},
    Direction{"\xe2\x81\xa7", 0x2067}, Direction{"\xe2\x81\xa8", 0x2068},
    Direction{"\xe2\x81\xa9", 0x2069}};

bool is_inside_character(std::string_view text, std::size_t at) {
  return at < text.size() &&
         (static_cast<unsigned char>(text[at]) & 0xc0U) == 0x80U;
}

std::size_t character_before(std::string_view text, std::size_t at) {
  while (at > 0 && is_inside_character(text, at)) --at;
  return at;
}

std::size_t common_prefix(std::string_view a, std::string_view b) {
  const std::size_t most = std::min(a.size(), b.size());
  return static_cast<std::size_t>(
      std::mismatch(a.begin(), a.begin() + static_cast<std::ptrdiff_t>(most),
                    b.begin())
          .first -
      a.begin());
}

}  // namespace

std::string cut_text(std::string_view text, std::size_t most) {
  std::string line(text);
  std::replace_if(
      line.begin(), line.end(),
      [](char c) { return c == '\n' || c == '\r' || c == '\t'; }, ' ');
  if (line.size() <= most) return line;
  line.resize(character_before(line, most));
  return line + "…";
}

std::string show_name(std::string_view name) {
  std::string shown;
  while (!name.empty()) {
    const auto code = static_cast<unsigned char>(name.front());
    const std::string_view three = name.substr(0, 3);
    const auto control = std::find_if(
        kDirections.begin(), kDirections.end(),
        [three](const Direction& one) { return one.bytes == three; });
    if (control != kDirections.end()) {
      shown += fmt::format("\\u{:x}", control->code_point);
      name.remove_prefix(3);
      continue;
    }
    if (code == '\n') {
      shown += "\\n";
    } else if (code < 0x20 || code == 0x7f) {
      shown += fmt::format("\\x{:02x}", code);
    } else {
      shown.push_back(name.front());
    }
    name.remove_prefix(1);
  }
  return shown;
}

std::string show_foreign(std::string_view text) {
  constexpr std::size_t kMost = 300;
  return cut_text(show_name(text), kMost);
}

std::string show_change(std::string_view was, std::string_view is) {
  std::string_view mark;
  if (std::max(was.size(), is.size()) > kMostBytes) {
    const std::size_t same = common_prefix(was, is);
    if (same > kCommonBytes) {
      std::size_t start = same - kCommonBytes;
      const std::size_t blank = is.substr(0, same).find(' ', start);
      if (blank != std::string_view::npos) start = blank + 1;
      start = character_before(is, start);
      was.remove_prefix(start);
      is.remove_prefix(start);
      mark = "…";
    }
  }
  return fmt::format("{}{} → {}{}", mark, cut_text(was, kMostBytes), mark,
                     cut_text(is, kMostBytes));
}

bool may_be_secret(std::string_view name) {
  const std::string low = parser::to_lower(name);
  for (const std::string_view part : kSecretParts) {
    if (low.find(part) != std::string::npos) return true;
  }
  if (low.ends_with("key")) return true;
  std::string_view rest = low;
  for (;;) {
    const std::size_t end = rest.find('_');
    const std::string_view word = rest.substr(0, end);
    if (std::find(kSecretWords.begin(), kSecretWords.end(), word) !=
        kSecretWords.end()) {
      return true;
    }
    if (end == std::string_view::npos) return false;
    rest.remove_prefix(end + 1);
  }
}

}  // namespace builder
