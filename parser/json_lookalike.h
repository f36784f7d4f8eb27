// Text that was meant as a JSON list of strings and is none, which the language
// takes for a shell command without a word.
#pragma once

#include <string>
#include <string_view>

namespace parser {

// Why `text`, which is not a JSON list, looks like one and what to write:
// single quotes, no quotes, a comma too many or too few, text behind the list,
// a backslash. Empty when it does not: a shell's `[ "$a" = b ]` is no list.
std::string explain_json_lookalike(std::string_view text);

}  // namespace parser
