// What a person should know of a build that is possible all the same.
#pragma once

#include <string>
#include <vector>

#include "builder/stage_planner.h"

namespace builder {

// Of a file whose needed stages are planned: --no-cache-filter of stages there
// are none of.
std::vector<std::string> warnings_of(const PlanContext& context);

}  // namespace builder
