// The values that the directives `escape` and `check` may have.
#pragma once

#include <string_view>

#include "parser/dockerfile.h"

namespace parser {

// `name` is in lower case. The value of `syntax` is free: whether that frontend
// is ours is the builder's question. Throws: SyntaxError.
void check_directive(std::string_view name, std::string_view value,
                     Range range);

}  // namespace parser
