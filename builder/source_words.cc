#include "builder/source_words.h"

#include <algorithm>
#include <cstdint>

#include "parser/ascii.h"

namespace builder {

bool is_verbatim(const parser::Word& word) {
  const auto& [start, end] = word.range;
  return start.line == end.line &&
         end.column - start.column == word.text.size();
}

parser::Word part_of(const parser::Word& word, std::size_t begin,
                     std::size_t count) {
  begin = std::min(begin, word.text.size());
  parser::Word part{word.text.substr(begin, count), word.range};
  if (is_verbatim(word)) {
    part.range.start.column += static_cast<std::uint32_t>(begin);
    part.range.end = part.range.start;
    part.range.end.column += static_cast<std::uint32_t>(part.text.size());
  }
  return part;
}

parser::Range place_of_variable(const parser::Word& word,
                                std::string_view name) {
  for (const std::string_view open : {"${", "$"}) {
    const std::string use = std::string(open) + std::string(name);
    for (std::size_t at = word.text.find(use); at != std::string::npos;
         at = word.text.find(use, at + 1)) {
      const std::size_t end = at + use.size();
      const char next = end < word.text.size() ? word.text[end] : ' ';
      const bool is_longer = next == '_' || (next >= '0' && next <= '9') ||
                             (next >= 'a' && next <= 'z') ||
                             (next >= 'A' && next <= 'Z');
      if (is_longer) continue;
      const std::size_t close = open == "$" ? end : word.text.find('}', end);
      return part_of(word, at,
                     close == std::string::npos ? use.size()
                     : open == "$"              ? use.size()
                                                : close + 1 - at)
          .range;
    }
  }
  return word.range;
}

parser::Word value_of(const parser::Flag& flag) {
  const parser::Word whole{flag.text, flag.range};
  const std::string& value = flag.value.value_or("");
  const std::size_t begin =
      flag.text.size() - std::min(value.size(), flag.text.size());
  if (is_verbatim(whole) && flag.text.substr(begin) == value) {
    return part_of(whole, begin);
  }
  return {value, flag.range};
}

bool is_true(const parser::Flag& flag) {
  if (!flag.value) return true;
  return parser::equal_ignoring_case(*flag.value, "true");
}

}  // namespace builder
