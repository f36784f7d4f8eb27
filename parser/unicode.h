// Characters beyond ASCII, where the language gives them a class: the letters
// of a variable's name and the white space around words. No locale is asked.
#pragma once

#include <cstddef>
#include <string_view>

namespace parser {

struct Character {
  char32_t value;    // a stray byte b is 0xdc00 + b, which is no character
  std::size_t size;  // in bytes
};

// The UTF-8 sequence at the start of `text`, which is not empty. A byte that
// belongs to none, an overlong form or a surrogate is a stray byte.
Character read_character(std::string_view text);

// Whether a variable's name may go on with it: a letter or a decimal digit of
// any script, or '_'.
bool is_name_character(char32_t c);

// How many bytes the white-space character at the start of `text` has; 0 when
// there is none. What parts words, beside ASCII's: the no-break space that
// comes along when text is copied from a page, and the other spaces of Unicode.
std::size_t space_size(std::string_view text);

// Without such characters at both ends.
std::string_view trim_spaces(std::string_view text);

}  // namespace parser
