// Bytes as the language sees them: only ASCII has case, so nothing here depends
// on a locale. What classes there are beyond ASCII says unicode.h.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace parser {

// What may stand around an instruction and behind an escape character.
constexpr bool is_blank(char c) noexcept { return c == ' ' || c == '\t'; }

// What parts words: blanks and the other one-line white space.
constexpr bool is_space(char c) noexcept {
  return is_blank(c) || c == '\v' || c == '\f' || c == '\r';
}

constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

// Of a variable's name.
constexpr bool is_name_char(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
         is_digit(c);
}

constexpr char to_lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}
constexpr char to_upper(char c) noexcept {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}
std::string to_lower(std::string_view text);
std::string to_upper(std::string_view text);
bool equal_ignoring_case(std::string_view a, std::string_view b) noexcept;

// Without is_blank() bytes at both ends.
std::string_view trim_blanks(std::string_view text) noexcept;

// The word in double quotes, as messages show it: long words are cut and bytes
// a terminal could act on become \xNN.
std::string quote_word(std::string_view word);

}  // namespace parser
