// The `--name=value` words between an instruction's name and its arguments.
#pragma once

#include <vector>

#include "parser/dockerfile.h"
#include "parser/joined_text.h"

namespace parser {

// Reads the flags at the start of `text` and checks them against what `keyword`
// knows: names, repetition, values present, booleans. A bare "--" ends them.
// Returns what is behind them, trimmed. Throws: SyntaxError.
Slice read_flags(Keyword keyword, Slice text, char escape,
                 std::vector<Flag>& flags);

}  // namespace parser
