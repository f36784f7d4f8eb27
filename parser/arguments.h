// What stands behind an instruction's flags, read by the shape its keyword has.
#pragma once

#include <vector>

#include "parser/dockerfile.h"
#include "parser/heredoc.h"
#include "parser/joined_text.h"
#include "parser/json_words.h"

namespace parser {

struct ArgumentSource {
  Slice text;  // trimmed
  char escape = '\\';
  std::vector<HeredocStart> heredocs;  // offsets from the start of `text`
  JsonWords json;                      // of `text`
};

// Whether the keyword's arguments may be a JSON list.
bool takes_json(Keyword keyword) noexcept;

// Fills form and args and refuses what can be seen to be wrong before variables
// have values. Not for ONBUILD. Throws: SyntaxError.
void read_arguments(const ArgumentSource& source, Instruction& instruction);

}  // namespace parser
