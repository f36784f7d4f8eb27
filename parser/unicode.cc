#include "parser/unicode.h"

#include <algorithm>
#include <array>

#include "parser/ascii.h"

namespace parser {

namespace {

struct Interval {
  char32_t first;
  char32_t last;
};
constexpr Interval kLetters[] = {
#include "parser/unicode_letters.inc"
};

bool is_beyond_ascii(char c) noexcept {
  return static_cast<unsigned char>(c) >= 0x80;
}

bool is_wide_space(char32_t c) {
  constexpr std::array<char32_t, 8> kSingle = {0x85,   0xa0,   0x1680, 0x2028,
                                               0x2029, 0x202f, 0x205f, 0x3000};
  return (c >= 0x2000 && c <= 0x200a) ||
         std::find(kSingle.begin(), kSingle.end(), c) != kSingle.end();
}

}  // namespace

Character read_character(std::string_view text) {
  const auto byte_at = [&](std::size_t i) {
    return static_cast<unsigned char>(text[i]);
  };
  const unsigned char lead = byte_at(0);
  const Character stray{static_cast<char32_t>(0xdc00 + lead), 1};
  if (lead < 0x80) return {lead, 1};
  std::size_t size = 0;
  char32_t value = 0;
  char32_t smallest = 0;
  if ((lead & 0xe0) == 0xc0) {
    size = 2, value = lead & 0x1f, smallest = 0x80;
  } else if ((lead & 0xf0) == 0xe0) {
    size = 3, value = lead & 0x0f, smallest = 0x800;
  } else if ((lead & 0xf8) == 0xf0) {
    size = 4, value = lead & 0x07, smallest = 0x10000;
  } else {
    return stray;
  }
  if (text.size() < size) return stray;
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte_at(i) & 0xc0) != 0x80) return stray;
    value = (value << 6) | (byte_at(i) & 0x3f);
  }
  const bool is_character = value >= smallest && value <= 0x10ffff &&
                            (value < 0xd800 || value > 0xdfff);
  return is_character ? Character{value, size} : stray;
}

bool is_name_character(char32_t c) {
  if (c < 0x80) return is_name_char(static_cast<char>(c));
  const auto* const behind = std::upper_bound(
      std::begin(kLetters), std::end(kLetters), c,
      [](char32_t x, const Interval& interval) { return x < interval.first; });
  return behind != std::begin(kLetters) && c <= std::prev(behind)->last;
}

std::size_t space_size(std::string_view text) {
  if (text.empty()) return 0;
  if (!is_beyond_ascii(text.front())) return is_space(text.front()) ? 1 : 0;
  const Character character = read_character(text);
  return is_wide_space(character.value) ? character.size : 0;
}

std::string_view trim_spaces(std::string_view text) {
  while (const std::size_t size = space_size(text)) text.remove_prefix(size);
  while (!text.empty()) {
    // The last character is the one that starts up to three bytes earlier.
    std::size_t begin = text.size() - 1;
    while (begin > 0 && text.size() - begin < 4 &&
           (static_cast<unsigned char>(text[begin]) & 0xc0) == 0x80) {
      --begin;
    }
    if (space_size(text.substr(begin)) != text.size() - begin) break;
    text.remove_suffix(text.size() - begin);
  }
  return text;
}

}  // namespace parser
