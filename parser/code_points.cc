#include "parser/code_points.h"

namespace parser {

namespace {

struct Sequence {
  char32_t value;
  std::size_t size;
};

// The sequence at the start of `text`, which is not empty. Overlong forms and
// surrogates are stray bytes.
Sequence read_sequence(std::string_view text) {
  const auto byte_at = [&](std::size_t i) {
    return static_cast<unsigned char>(text[i]);
  };
  const unsigned char lead = byte_at(0);
  const Sequence stray{static_cast<char32_t>(0xdc00 + lead), 1};
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
  return is_character ? Sequence{value, size} : stray;
}

}  // namespace

std::vector<CodePoint> read_code_points(std::string_view text) {
  std::vector<CodePoint> points;
  points.reserve(text.size());
  std::size_t at = 0;
  while (at < text.size()) {
    const Sequence sequence = read_sequence(text.substr(at));
    points.push_back(CodePoint{sequence.value, at});
    at += sequence.size;
  }
  return points;
}

}  // namespace parser
