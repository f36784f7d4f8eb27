// The JSON form of an instruction's arguments: one list of strings.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace parser {

struct JsonWords {
  enum class Kind {
    not_json,  // to be read as shell text or plain words
    strings,   // a list of strings and nothing else
    mixed,     // a valid list with something else in it: an error
  };
  struct Element {
    std::string text;   // escapes replaced
    std::size_t begin;  // offsets in the text that was read, quotes included
    std::size_t end;
  };
  Kind kind = Kind::not_json;
  std::vector<Element> elements;  // for mixed, only the first that is no string
};

// The whole text must be the list. Escapes are JSON's; a lone surrogate becomes
// U+FFFD and bytes that are not UTF-8 stay. Lists nested deeper than 100 are
// not JSON here, so that no text can exhaust the stack. Linear.
JsonWords read_json_words(std::string_view text);

}  // namespace parser
