// Text as the characters a pattern counts: one per UTF-8 sequence, and one per
// byte that belongs to none, so that no input is refused or lost.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace parser {

struct CodePoint {
  char32_t value;      // a stray byte b is 0xdc00 + b, which is no character
  std::size_t offset;  // of its first byte
};

std::vector<CodePoint> read_code_points(std::string_view text);

}  // namespace parser
