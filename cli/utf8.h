// UTF-8, one character at a time.
#pragma once

#include <cstddef>
#include <string_view>

namespace cli {

struct Character {
  char32_t code_point;
  std::size_t bytes;  // how many the text begins with; 1 for one that is wrong
  bool is_valid;
};

// The first character of a text that is not empty. Overlong forms, surrogates
// and what is beyond U+10FFFF are not valid.
Character first_character(std::string_view text) noexcept;

}  // namespace cli
