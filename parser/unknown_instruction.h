// What to say of a line that begins with no instruction: seldom is it a slip in
// a name, mostly the line belongs to the one above, or the file is none.
#pragma once

#include <string_view>

#include "parser/dockerfile.h"
#include "parser/joined_text.h"
#include "parser/syntax_error.h"

namespace parser {

// Where the line stands.
struct UnknownLine {
  Slice word;                          // its first
  std::string_view file;               // the whole text, without its mark
  const Instruction* above = nullptr;  // the instruction before it
  char escape = '\\';
};

SyntaxError explain_unknown(const UnknownLine& line);

}  // namespace parser
