// How an error reaches the person: text on stderr, a number for scripts.
#pragma once

#include <string>

#include "base/error.h"

namespace cli {

// message, then the excerpt, then "hint: …".
void report(const base::Error& error);

// A command line that is wrong, with what to write.
base::Error usage_error(std::string text, std::string hint = {});

// 0 done, 1 failed, 2 wrong usage, 3 the Dockerfile is wrong, 4 a RUN failed or
// a step is not cached that had to be (--fail-on-miss), 5 registry or network,
// 6 denied, 130 interrupted.
int exit_code_of(base::ErrorKind kind);

}  // namespace cli
