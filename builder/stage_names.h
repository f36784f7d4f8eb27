// Names of stages that a flag was given.
#pragma once

#include <string>
#include <vector>

#include "builder/diagnostic.h"

namespace builder {

// --fail-on-miss: in any case; an empty name stands for all stages. Throws:
// usage for one that the file does not have, with the nearest one.
void check_stage_names(const SourceFile& file,
                       const std::vector<std::string>& asked);

}  // namespace builder
