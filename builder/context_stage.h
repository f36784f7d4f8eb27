// What a plan makes of the files of a build context that stands for a stage or
// a base. Private to the planner.
#pragma once

#include <string>

#include "builder/operation.h"
#include "builder/stage_planner.h"

namespace builder {

// Lets `state`, which is empty, start on all files of a context: one layer, as
// of a COPY of its root, or the one that was fetched.
void start_from_files(Graph& graph, TreeSource context,
                      const parser::Range& range, const std::string& stage_name,
                      StageState& state);

}  // namespace builder
