// The parts of strake cache; see cache_command.cc.
#pragma once

#include "cli/command.h"

namespace cli {

int run_cache_export(Globals& globals, const Arguments& arguments);
int run_cache_import(Globals& globals, const Arguments& arguments);

}  // namespace cli
