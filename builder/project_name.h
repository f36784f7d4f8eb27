// What a build is a build of, whatever it is asked to make of it: the place of
// its build context and of its Dockerfile. Builds of one name are compared with
// each other (last_build.h).
#pragma once

#include <string>

#include "builder/build.h"
#include "builder/main_context.h"

namespace builder {

// Empty for what has no place to come back to: a pipe, without a tag.
std::string name_project(const BuildOptions& options, const MainContext& main);

}  // namespace builder
