// A parsed file written out again: directives, then one line per instruction
// with its comments above and its heredocs below. Blank lines, line joins and
// comments inside an instruction are gone.
#pragma once

#include <string>

#include "parser/dockerfile.h"

namespace parser {

// Parses back to the same tree: all of it but ranges, physical lines and
// warnings, which belong to one way of writing a file. Linear in its size.
std::string render_dockerfile(const Dockerfile& file);

// "RUN make", with its heredocs and without a final line end: what ONBUILD
// stores, and what parse_trigger() reads.
std::string render_instruction(const Instruction& instruction,
                               char escape = '\\');

}  // namespace parser
