#include "parser/stage_name.h"

#include <algorithm>

#include "parser/ascii.h"
#include "parser/syntax_error.h"

namespace parser {

std::string read_stage_name(const Word& word) {
  std::string name = to_lower(word.text);
  const auto is_letter = [](char c) { return c >= 'a' && c <= 'z'; };
  const bool is_valid =
      is_letter(name.front()) &&
      std::all_of(name.begin(), name.end(), [&](char c) {
        return is_letter(c) || is_digit(c) || c == '-' || c == '_' || c == '.';
      });
  if (!is_valid) {
    throw SyntaxError(word.range,
                      "stage name " + quote_word(word.text) + " is not valid",
                      "begin with a letter; letters, digits, \"-\", \"_\" and "
                      "\".\" may follow");
  }
  return name;
}

std::string find_description(const std::vector<std::string>& comments,
                             std::string_view name) {
  for (const std::string& comment : comments) {
    std::string_view rest = comment;
    if (!rest.starts_with(name)) continue;
    rest.remove_prefix(name.size());
    if (!rest.empty() && is_blank(rest.front())) {
      return std::string(trim_blanks(rest));
    }
  }
  return {};
}

}  // namespace parser
