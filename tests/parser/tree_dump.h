// A parsed file as text for a person to compare, one thing a line.
#pragma once

#include <string>

#include "parser/dockerfile.h"

namespace tests {

std::string dump_tree(const parser::Dockerfile& file);
std::string dump_instruction(const parser::Instruction& instruction);

}  // namespace tests
