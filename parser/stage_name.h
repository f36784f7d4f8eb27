// The name FROM … AS gives a stage, and the comment that describes it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "parser/dockerfile.h"

namespace parser {

// In lower case. Throws: SyntaxError unless it is [a-z][a-z0-9-_.]*.
std::string read_stage_name(const Word& word);

// What the comments say about `name`: the rest of the first line that starts
// with it and a blank, else nothing.
std::string find_description(const std::vector<std::string>& comments,
                             std::string_view name);

}  // namespace parser
