// A parsed file written out again: directives, then one line per instruction
// with its heredocs. Comments, blank lines and line joins are gone.
#pragma once

#include <string>

#include "parser/dockerfile.h"

namespace parser {

// Parses back to the same instructions, ranges aside.
std::string render_dockerfile(const Dockerfile& file);

// "RUN make", with its heredocs and without a final line end: what ONBUILD
// stores, and what parse_trigger() reads.
std::string render_instruction(const Instruction& instruction);

}  // namespace parser
