// Lint findings for people: where, which rule, what to write, and the line.
#pragma once

#include <string>
#include <vector>

#include "builder/lint.h"

namespace cli {

// As warnings of a build, the first few only, and how many more there are; each
// what stands behind "warning: ", of several lines without the last line end:
//
//   Dockerfile:3: StageNameCasing: stage name "Foo" has capitals; …
//      3 | FROM scratch AS Foo
//        |                 ^~~
std::vector<std::string> render_warnings(const builder::LintReport& report);

// As the whole answer to --check, in the shape of docker buildx.
std::string render_check(const builder::LintReport& report);

}  // namespace cli
