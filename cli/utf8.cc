#include "cli/utf8.h"

namespace cli {
namespace {

constexpr Character kInvalid{0xfffd, 1, false};

// How many bytes a character with this first byte has; 0 for none.
std::size_t length_of(unsigned char first) noexcept {
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first < 0xe0) return 2;
  if (first >= 0xe0 && first < 0xf0) return 3;
  if (first >= 0xf0 && first < 0xf5) return 4;
  return 0;
}

}  // namespace

Character first_character(std::string_view text) noexcept {
  const auto first = static_cast<unsigned char>(text.front());
  const std::size_t length = length_of(first);
  if (length == 1) return {first, 1, true};
  if (length == 0 || text.size() < length) return kInvalid;
  char32_t code = first & (0x7fU >> length);
  for (std::size_t i = 1; i < length; ++i) {
    const auto next = static_cast<unsigned char>(text[i]);
    if ((next & 0xc0U) != 0x80U) return kInvalid;
    code = (code << 6U) | (next & 0x3fU);
  }
  const bool is_overlong =
      (length == 3 && code < 0x800) || (length == 4 && code < 0x10000);
  const bool is_surrogate = code >= 0xd800 && code < 0xe000;
  if (is_overlong || is_surrogate || code > 0x10ffff) return kInvalid;
  return {code, length, true};
}

}  // namespace cli
