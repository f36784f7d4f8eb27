#include "parser/code_points.h"

#include "parser/unicode.h"

namespace parser {

std::vector<CodePoint> read_code_points(std::string_view text) {
  std::vector<CodePoint> points;
  points.reserve(text.size());
  std::size_t at = 0;
  while (at < text.size()) {
    const Character character = read_character(text.substr(at));
    points.push_back(CodePoint{character.value, at});
    at += character.size;
  }
  return points;
}

}  // namespace parser
