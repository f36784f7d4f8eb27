// Whether two parsed files say the same, places in the text aside.
#pragma once

#include <string>

#include "parser/dockerfile.h"

namespace tests {

// The first thing that is not the same in both, or "". Compares all that a
// Dockerfile tree holds but ranges, physical lines and warnings, which belong
// to one way of writing it.
std::string find_difference(const parser::Dockerfile& a,
                            const parser::Dockerfile& b);

}  // namespace tests
