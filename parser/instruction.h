// One joined line read as an instruction: its name, its flags, its arguments.
#pragma once

#include <vector>

#include "parser/dockerfile.h"
#include "parser/heredoc.h"
#include "parser/joined_text.h"

namespace parser {

struct ReadInstruction {
  // Whole but for the heredocs' bodies; its range ends with the command line.
  Instruction instruction;
  // Offsets in the joined line. For ONBUILD they are the trigger's.
  std::vector<HeredocStart> heredocs;
};

// An instruction's name, which ASCII white space ends.
Slice first_word(Slice text);

// `line` is not blank. Throws: SyntaxError.
ReadInstruction read_instruction(const JoinedText& line, char escape);

// Refuses the instructions that cannot be triggers. Throws: SyntaxError.
void check_is_trigger(const Instruction& instruction);

}  // namespace parser
